import HTTPTypes
import JSON
import Pipeline
import Store

extension HTTPError {
  /// 404 for a conversation that is not there, and for one of another profile.
  static let sessionNotFound = HTTPError(.notFound, "Session not found")
}

extension Request {
  /// The conversation that the query names.
  ///
  /// - Parameter missing: What is said when the query names none; clients know different words at different places.
  /// - Throws: 400 when it names none, 404 when the name is no id.
  func sessionID(missing: String = "session_id is required") throws -> SessionID {
    guard let text = query["session_id"] else { throw HTTPError(.badRequest, missing) }
    guard let id = SessionID(text) else { throw HTTPError.sessionNotFound }
    return id
  }

  /// The turn that the query names.
  func streamID() -> StreamID? {
    query["stream_id"].flatMap { StreamID($0) }
  }
}

extension JSONObject {
  /// The conversation that a body names.
  ///
  /// - Throws: 400 when it names none, 404 when the name is no id.
  func sessionID(missing: String? = nil) throws -> SessionID {
    if let missing, self["session_id"].map(\.isFalsy) ?? true { throw HTTPError(.badRequest, missing) }
    try require("session_id")
    guard let id = self["session_id"]?.string.flatMap({ SessionID($0) }) else { throw HTTPError.sessionNotFound }
    return id
  }

  /// A text; nil when the member is absent or null.
  ///
  /// - Throws: 400 when it is something else.
  func text(_ name: String) throws -> String? {
    guard let value = self[name], !value.isNull else { return nil }
    guard let text = value.string else { throw HTTPError(.badRequest, "\(name) must be a string") }
    return text
  }

  /// A truth as clients mean it: whatever is not falsy is true.
  func flag(_ name: String, default fallback: Bool) -> Bool {
    self[name].map { !$0.isFalsy } ?? fallback
  }
}
