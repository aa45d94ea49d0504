import HTTPTypes
import JSON
public import Pipeline
import Store
import Turns

/// `/api/session/draft`: what was typed and not sent (wire-sessions-chat 1.17, domain 3.10). The last one wins; the
/// conversation's place in the list does not change (invariant 44).
public struct SessionDraft: Handler {
  /// A handler without options.
  public init() {}

  /// `GET` and `POST`.
  public var methods: Methods<ProfileContext> {
    .get("The draft of a conversation", read).post("Saves the draft of a conversation", save)
  }

  private func read(_ request: Request, _ context: ProfileContext) async throws -> Response {
    let id = try request.sessionID()
    guard let summary = try await context.sessions.summary(id) else { throw HTTPError.sessionNotFound }
    return .json(["draft": .object(summary.composerDraft)])
  }

  private func save(_ request: Request, _ context: ProfileContext) async throws -> Response {
    let body = try await request.json()
    let id = try body.sessionID()
    var change = JSONObject()
    if let text = body["text"], !text.isNull { change["text"] = .string(String((text.string ?? "").prefix(50_000))) }
    if let files = body["files"], !files.isNull { change["files"] = .array(Array((files.array ?? []).prefix(50))) }
    guard let before = try await context.sessions.summary(id)?.composerDraft else { throw HTTPError.sessionNotFound }
    var draft = before
    draft.merge(change)
    if draft == before {
      return .json(["ok": true, "draft": .object(before), "unchanged": true])
    }
    let merged = change
    let summary = try await context.sessions.edit(id, touch: false, announcing: nil) { document in
      document.composerDraft.merge(merged)
    }
    guard let summary else { throw HTTPError.sessionNotFound }
    return .json(["ok": true, "draft": .object(summary.composerDraft)])
  }
}
