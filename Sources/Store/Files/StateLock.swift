import Foundation
import Glibc

/// Keeps a second server away from a state directory: two of them would end each other's turns.
///
/// The lock is the kernel's, on `.caduceus.lock`, so it is gone when its process is, however that ended. The file holds
/// the process's number for people.
public final class StateLock: Sendable {
  /// Somebody else has the directory.
  public struct Held: Error, Sendable, CustomStringConvertible {
    /// The sentence for the one who tried.
    public let description: String
  }

  private let descriptor: Int32

  /// Takes the directory; makes it when it is not there. Blocks for the disk, not for the other server.
  ///
  /// - Throws: ``Held``; ``FileError``.
  public init(layout: StateLayout) throws {
    try AtomicFile.makeFolder(layout.stateDirectory)
    let path = layout.stateDirectory + "/.caduceus.lock"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw FileError(operation: "open", name: ".caduceus.lock", code: errno) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      var holder = [UInt8](repeating: 0, count: 16)
      let count = max(0, read(descriptor, &holder, holder.count))
      close(descriptor)
      guard code == EWOULDBLOCK else { throw FileError(operation: "lock", name: ".caduceus.lock", code: code) }
      let process = String(decoding: holder.prefix(count), as: UTF8.self).trimmingCharacters(
        in: .whitespacesAndNewlines)
      throw Held(
        description: "Another server (process \(process.isEmpty ? "unknown" : process)) uses the state directory "
          + "\(layout.stateDirectory). Stop it first, or choose another directory with --state-dir.")
    }
    let text = "\(getpid())\n"
    ftruncate(descriptor, 0)
    _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }
}
