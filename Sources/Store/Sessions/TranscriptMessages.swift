import JSON

/// The messages of a conversation, each as the bytes that stand in its file until somebody changes it (architecture,
/// idea 6). Untouched messages are written back as they stand.
public struct TranscriptMessages: Sendable, Equatable, RandomAccessCollection {
  private var parts: [ArraySlice<UInt8>]

  /// No messages.
  public init() {
    parts = []
  }

  /// Messages that stand in `bytes` at the given ranges.
  init(in bytes: [UInt8], at ranges: [Range<Int>]) {
    parts = ranges.map { bytes[$0] }
  }

  /// 0.
  public var startIndex: Int { 0 }
  /// How many messages there are.
  public var endIndex: Int { parts.count }

  /// The bytes of one message.
  public subscript(position: Int) -> JSONFragment { JSONFragment(trusting: parts[position]) }

  /// Looks into one message.
  ///
  /// - Throws: ``SidecarError/corrupt(_:)`` when its bytes are no JSON object.
  public func object(at position: Int) throws(SidecarError) -> JSONObject {
    do {
      if case .object(let object) = try JSONValue(parsing: parts[position], limits: .files) { return object }
    } catch {
      throw .corrupt(.notJSON(error))
    }
    throw .corrupt(.messageNotAnObject(position))
  }

  /// Adds a message at the end.
  public mutating func append(_ message: JSONObject) {
    parts.append(Self.encode(message))
  }

  /// Adds the bytes of a message at the end, as they stand.
  public mutating func append(_ message: JSONFragment) {
    parts.append(message.bytes)
  }

  /// Puts another message in the place of one.
  public mutating func replace(at position: Int, with message: JSONObject) {
    parts[position] = Self.encode(message)
  }

  /// Puts a message before the one at `position`.
  public mutating func insert(_ message: JSONObject, at position: Int) {
    parts.insert(Self.encode(message), at: position)
  }

  /// Removes messages at the end.
  ///
  /// - Parameter count: How many; at most as many as there are.
  public mutating func removeLast(_ count: Int = 1) {
    parts.removeLast(Swift.min(Swift.max(count, 0), parts.count))
  }

  /// Removes all messages.
  public mutating func removeAll() {
    parts.removeAll()
  }

  /// Spelled as a message stands in a file: two levels deep, two spaces a level (domain 1.3).
  private static func encode(_ message: JSONObject) -> ArraySlice<UInt8> {
    var writer = JSONWriter(style: .indented)
    writer.write(message, depth: 2)
    return writer.bytes[...]
  }
}
