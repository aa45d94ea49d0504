import Foundation

/// What tells one version of a file from another without opening it.
struct FileStamp: Sendable, Equatable {
  let inode: UInt64
  let size: Int
  let seconds: Int
  let nanoseconds: Int

  /// Nil when there is no such file or folder.
  init?(of path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    inode = UInt64(status.st_ino)
    size = Int(status.st_size)
    seconds = status.st_mtim.tv_sec
    nanoseconds = status.st_mtim.tv_nsec
  }

  /// When it was last changed, in seconds since 1970.
  var modified: Double { Double(seconds) + Double(nanoseconds) / 1e9 }
}
