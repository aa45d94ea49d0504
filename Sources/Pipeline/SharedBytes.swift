internal import CHTTP

// `@unchecked Sendable`: the buffer is never changed after it was made, and its reference count is atomic in CHTTP.
/// Immutable bytes that any number of answers and streams send without copying.
public final class SharedBytes: @unchecked Sendable {
  let buffer: OpaquePointer

  /// Copies bytes once.
  public init(_ bytes: [UInt8]) {
    guard let buffer = bytes.withUnsafeBytes({ chttp_buffer_copy($0.baseAddress, $0.count) }) else {
      preconditionFailure("no memory for \(bytes.count) bytes")
    }
    self.buffer = buffer
  }

  deinit { chttp_buffer_release(buffer) }

  /// A copy of the bytes.
  public var bytes: [UInt8] {
    let view = chttp_buffer_bytes(buffer)
    return Array(UnsafeBufferPointer(start: view.bytes, count: view.count))
  }

  /// How many bytes there are.
  public var count: Int { chttp_buffer_bytes(buffer).count }
}
