import Foundation
import Store
import Testing

@testable import App

@Suite("One server a state directory")
struct LockTests {
  @Test("a second server is told who has the directory; it is free when the first is gone")
  func secondServer() throws {
    let home = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: home) }
    let layout = StateLayout(baseHome: home, stateDirectory: home + "/webui")
    var first: StateLock? = try StateLock(layout: layout)
    let refusal = #expect(throws: StateLock.Held.self) { try StateLock(layout: layout) }
    #expect(refusal?.description.contains("process \(ProcessInfo.processInfo.processIdentifier)") == true)
    #expect(refusal?.description.contains("--state-dir") == true)
    _ = first
    first = nil
    #expect(throws: Never.self) { try StateLock(layout: layout) }
  }
}
