import HTTPTypes
import JSON
public import Pipeline
import Store
import Turns

/// `POST /api/session/archive` (wire-sessions-chat 1.10). The time of the last change stays.
public struct SessionArchive: Handler {
  /// A handler without options.
  public init() {}

  /// `POST`.
  public var methods: Methods<ProfileContext> {
    .post("Archives a conversation, or takes it back", archive)
  }

  private func archive(_ request: Request, _ context: ProfileContext) async throws -> Response {
    let body = try await request.json()
    let id = try body.sessionID(missing: "session_id is required")
    let isArchived = body.flag("archived", default: true)
    let summary = try await context.sessions.edit(id, touch: false, announcing: "session_archive") { document in
      if document.isReadOnly {
        throw HTTPError(.badRequest, "Read-only imported sessions cannot be archived from WebUI")
      }
      document.archived = isArchived
    }
    guard let summary else { throw HTTPError.sessionNotFound }
    var answer: JSONObject = [
      "ok": true,
      "session": .object(await context.sessions.answer(summary)),
    ]
    if let path = summary.worktreePath {
      answer["worktree_retained"] = true
      answer["worktree_path"] = .string(path)
      for key in ["worktree_branch", "worktree_repo_root"] {
        if let text = summary.metadata[key]?.string { answer[key] = .string(text) }
      }
    }
    return .json(answer)
  }
}
