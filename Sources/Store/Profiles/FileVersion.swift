import Glibc

/// What a file looked like at one moment. While two versions of a path are equal, nobody wrote the file in between.
struct FileVersion: Equatable, Sendable {
  /// In bytes.
  let size: Int64
  private let inode: UInt64
  private let device: UInt64
  private let seconds: Int
  private let nanoseconds: Int

  /// Nil when there is no such file, or none that may be looked at. Follows symbolic links.
  init?(of path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  init(_ status: stat) {
    size = Int64(status.st_size)
    inode = UInt64(status.st_ino)
    device = UInt64(status.st_dev)
    seconds = status.st_mtim.tv_sec
    nanoseconds = status.st_mtim.tv_nsec
  }

  /// How long after a write a second write can leave the same time stamp. Linux stamps files with the clock of its timer
  /// tick, which comes every 1 to 10 ms.
  static let resolution: Duration = .milliseconds(20)

  /// Whether the last write is long enough ago that another one would show. Without this, two writes within one tick
  /// could be taken for one.
  var isSettled: Bool {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Self.isSettled(age: .seconds(now.tv_sec - seconds) + .nanoseconds(now.tv_nsec - nanoseconds))
  }

  /// The rule for a file that was written so long ago. A stamp from the future comes from another clock, and says nothing
  /// about this one.
  static func isSettled(age: Duration) -> Bool { age > resolution || age < .zero - resolution }
}
