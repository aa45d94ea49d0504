import Glibc
import Synchronization

/// A part of a file that is open for reading. The descriptor is closed when it was sent, or when nobody holds this.
public final class OpenFile: Sendable {
  private let descriptor: Mutex<Int32>
  /// Where the part begins, in bytes.
  public let offset: UInt64
  /// How long the part is, in bytes.
  public let count: UInt64

  /// Takes over an open descriptor.
  public init(descriptor: Int32, offset: UInt64 = 0, count: UInt64) {
    self.descriptor = Mutex(descriptor)
    self.offset = offset
    self.count = count
  }

  deinit {
    let descriptor = takeDescriptor()
    if descriptor >= 0 { close(descriptor) }
  }

  /// Hands the descriptor over; -1 when somebody already has it.
  func takeDescriptor() -> Int32 {
    descriptor.withLock { descriptor in
      defer { descriptor = -1 }
      return descriptor
    }
  }

  /// Reads the whole part, for the client without a socket.
  public func readAll() -> [UInt8] {
    descriptor.withLock { descriptor in
      var bytes = [UInt8](repeating: 0, count: Int(count))
      var filled = 0
      while filled < bytes.count {
        let got = bytes.withUnsafeMutableBytes {
          pread(descriptor, $0.baseAddress?.advanced(by: filled), $0.count - filled, off_t(offset) + off_t(filled))
        }
        if got <= 0 { break }
        filled += got
      }
      return Array(bytes.prefix(filled))
    }
  }
}
