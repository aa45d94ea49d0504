import HTTPTypes
import JSON
public import Pipeline
import Store
import Turns

/// `POST /api/session/delete` (wire-sessions-chat 1.8). Deleting what is not there is no failure; what belongs to
/// another profile is not there.
public struct SessionDelete: Handler {
  /// A handler without options.
  public init() {}

  /// `POST`.
  public var methods: Methods<ProfileContext> {
    .post("Deletes a conversation with its backup and journals", delete)
  }

  private func delete(_ request: Request, _ context: ProfileContext) async throws -> Response {
    let body = try await request.json()
    guard let text = body["session_id"]?.string, !text.isEmpty else {
      throw HTTPError(.badRequest, "session_id is required")
    }
    guard let id = SessionID(text) else { throw HTTPError(.badRequest, "Invalid session_id") }
    if let summary = try await context.sessions.summary(id), summary.isReadOnly {
      throw HTTPError(.badRequest, "Read-only imported sessions cannot be deleted from WebUI")
    }
    _ = try await context.sessions.delete(id)
    // The agent's database is read only here: its copy stays, and the tombstone keeps it from coming back.
    return .json(["ok": true, "state_db_cleanup_failed": true])
  }
}
