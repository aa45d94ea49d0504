import HTTPTypes
import JSON
public import Pipeline
import Store
import Turns

/// `POST /api/session/rename` (wire-sessions-chat 1.6).
public struct SessionRename: Handler {
  /// A handler without options.
  public init() {}

  /// `POST`.
  public var methods: Methods<ProfileContext> {
    .post("Gives a conversation a title", rename)
  }

  private func rename(_ request: Request, _ context: ProfileContext) async throws -> Response {
    let body = try await request.json()
    try body.require("session_id", "title")
    let id = try body.sessionID()
    let text = body["title"]?.string ?? body["title"]?.text ?? ""
    let trimmed = String(text.trimmed().unicodeScalars.prefix(80))
    let title = trimmed.isEmpty ? "Untitled" : trimmed
    let summary = try await context.sessions.edit(id, announcing: "session_rename") { document in
      if document.isReadOnly {
        throw HTTPError(.forbidden, "Read-only imported sessions cannot be renamed from WebUI")
      }
      document.title = title
      document.hasManualTitle = !["untitled", "new chat"].contains(title.lowercased())
    }
    guard let summary else { throw HTTPError.sessionNotFound }
    return .json([
      "session": .object(await context.sessions.answer(summary))
    ])
  }
}

extension String {
  /// Without white space at both ends.
  func trimmed() -> Substring {
    var text = drop(while: \.isWhitespace)
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return text
  }
}
