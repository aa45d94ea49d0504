import JSON

extension SessionDocument {
  /// Reads a conversation's file, however it is spelled: on one line or many, of any age, written by hand.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - id: The id by the file's name; it counts more than the one inside.
  /// - Throws: ``SidecarError/corrupt(_:)``.
  public init(parsing bytes: [UInt8], id: SessionID) throws(SidecarError) {
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    guard let first = bytes[start...].first(where: { !Self.isSpace($0) }) else { throw .corrupt(.empty) }
    if (try? UTF8Span(validating: bytes.span)) == nil {  // Only whether it is valid is asked; where is of no use.
      throw .corrupt(.notUTF8)
    }
    do {
      if first != UInt8(ascii: "{") {
        _ = try JSONValue(parsing: bytes, limits: .files)
      } else {
        try self.init(members: JSONScanner.members(of: bytes, at: start).members, of: bytes, id: id)
        return
      }
    } catch let error as JSONParseError {
      throw .corrupt(.notJSON(error))
    } catch let error as SidecarError {
      throw error
    } catch {
      throw .corrupt(.notAnObject)
    }
    throw .corrupt(.notAnObject)
  }

  private init(members: [JSONScanner.Member], of bytes: [UInt8], id: SessionID) throws {
    if !Self.isClosed(bytes, after: members.last?.value.upperBound) { throw SidecarError.corrupt(.notOneObject) }
    // Of a key that is there twice the last counts, as it does for the program that wrote the file.
    let transcript = members.lastIndex { $0.key == "messages" }
    var metadata = JSONObject()
    var tail = JSONObject()
    for (index, member) in members.enumerated() where member.key != "messages" {
      let isBefore = index < transcript ?? members.count || Self.newMetadataKeys.contains(member.key)
      if isBefore && !Self.tailKeys.contains(member.key) {
        metadata[member.key] = try JSONValue(parsing: bytes[member.value], limits: .files)
      } else {
        tail[member.key] = try Self.tailValue(bytes[member.value])
      }
    }
    let messages = try transcript.map { try Self.messages(of: bytes, at: members[$0].value) }
    self.init(id: id, metadata: metadata, messages: messages ?? TranscriptMessages(), tail: tail)
  }

  /// After the last member only the object's brace and white space may follow.
  private static func isClosed(_ bytes: [UInt8], after end: Int?) -> Bool {
    let start = end ?? bytes.firstIndex(of: UInt8(ascii: "{")).map { $0 + 1 } ?? 0
    return bytes[start...].filter { !isSpace($0) } == [UInt8(ascii: "}")]
  }

  private static func messages(of bytes: [UInt8], at range: Range<Int>) throws -> TranscriptMessages {
    if bytes[range].elementsEqual("null".utf8) { return TranscriptMessages() }
    guard bytes[range.lowerBound] == UInt8(ascii: "[") else { throw SidecarError.corrupt(.messagesNotAnArray) }
    return TranscriptMessages(in: bytes, at: try JSONScanner.elements(of: bytes, at: range.lowerBound))
  }

  private static func tailValue(_ bytes: ArraySlice<UInt8>) throws(JSONParseError) -> JSONValue {
    switch bytes.first {
    case UInt8(ascii: "["), UInt8(ascii: "{"): .fragment(JSONFragment(trusting: bytes))
    default: try JSONValue(parsing: bytes, limits: .files)
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
  }
}
