import Foundation
import Logging
import ServiceLifecycle
import Store
import Turns

/// Stops and saves what is under way when the server is told to stop.
struct TurnService: Service {
  let turns: Turns

  func run() async throws {
    // Throws when the task is cancelled, which is the other way to be told.
    try? await gracefulShutdown()
    await turns.stop()
  }
}

/// Writes what is still only in memory, last of all.
struct StoreService: Service {
  let store: SessionStore
  let logger: Logger

  func run() async throws {
    // As above.
    try? await gracefulShutdown()
    await store.close()
    logger.info("stopped")
  }
}

/// Standard output is buffered when it is no terminal.
func fflushStandardOutput() {
  FileHandle.standardOutput.synchronizeFile()
  fflush(nil)
}
