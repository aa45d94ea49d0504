import JSON

/// A conversation with its whole transcript: the only thing that can be saved (architecture, idea 2).
///
/// Keys that this version does not know are kept in their place (invariant 9).
public struct SessionDocument: Sendable, Equatable {
  /// The conversation.
  public let id: SessionID
  /// What stands before `messages`, in order, without what belongs into ``tail``.
  public var metadata: JSONObject
  /// The transcript.
  public var messages: TranscriptMessages
  /// What stands after `messages`, in order. Arrays and objects that nobody has looked into are fragments; read them
  /// with ``tailValue(_:)``.
  public var tail: JSONObject

  init(id: SessionID, metadata: JSONObject, messages: TranscriptMessages, tail: JSONObject) {
    self.id = id
    self.metadata = metadata
    self.messages = messages
    self.tail = tail
  }

  /// A value of ``tail``, parsed.
  ///
  /// - Throws: ``JSONParseError`` when its bytes are no JSON.
  public func tailValue(_ key: String) throws(JSONParseError) -> JSONValue? {
    guard case .fragment(let fragment) = tail[key] else { return tail[key] }
    return try JSONValue(parsing: fragment.bytes, limits: .files)
  }

  /// The session-level tool cards (wire 1.0).
  ///
  /// - Throws: ``JSONParseError`` when their bytes are no JSON.
  public func toolCalls() throws(JSONParseError) -> [JSONValue] {
    try tailValue("tool_calls")?.array ?? []
  }

  /// The transcript as the model is to see it, when it differs from the displayed one; else empty (domain 1.3).
  ///
  /// - Throws: ``JSONParseError`` when the bytes are no JSON.
  public func contextMessages() throws(JSONParseError) -> [JSONValue] {
    try tailValue("context_messages")?.array ?? []
  }

  /// The file's bytes: two spaces a level, text that is not ASCII literally, everything in its order (domain 1.3).
  ///
  /// `message_count`, where the key is there, is set to the number of messages.
  public func serialized() -> [UInt8] {
    var file = metadata
    if file["message_count"] != nil, file["message_count"]?.int != messages.count {
      file["message_count"] = .int(messages.count)
    }
    file["messages"] = .array(messages.map { .fragment($0) })
    file.merge(tail)
    var writer = JSONWriter(style: .indented, reservingCapacity: sizeEstimate)
    writer.write(file)
    return writer.bytes
  }

  private var sizeEstimate: Int {
    let transcript = messages.reduce(4096) { $0 + $1.bytes.count + 8 }
    return tail.reduce(transcript) { size, member in
      if case .fragment(let fragment) = member.value { size + fragment.bytes.count } else { size }
    }
  }
}
