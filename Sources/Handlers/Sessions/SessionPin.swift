import HTTPTypes
import JSON
public import Pipeline
import Store
import Turns

/// `POST /api/session/pin` (wire-sessions-chat 1.9).
public struct SessionPin: Handler {
  private let settings: Settings

  /// - Parameter settings: Say how many conversations may be pinned.
  public init(settings: Settings) {
    self.settings = settings
  }

  /// `POST`.
  public var methods: Methods<ProfileContext> {
    .post("Pins a conversation, or unpins it", pin)
  }

  private func pin(_ request: Request, _ context: ProfileContext) async throws -> Response {
    let body = try await request.json()
    let id = try body.sessionID(missing: "session_id is required")
    let isPinned = body.flag("pinned", default: true)
    guard let current = try await context.sessions.summary(id) else { throw HTTPError.sessionNotFound }
    if isPinned && !current.pinned {
      let limit = await settings.object()["pinned_sessions_limit"]?.int ?? 3
      if await context.sessions.pinnedCount() >= limit {
        throw HTTPError(
          .badRequest, "Up to \(limit) sessions can be pinned. Unpin one before pinning another.",
          members: ["limit": .int(limit)])
      }
    }
    let summary = try await context.sessions.edit(id, announcing: "session_pin") { $0.pinned = isPinned }
    guard let summary else { throw HTTPError.sessionNotFound }
    return .json([
      "ok": true,
      "session": .object(await context.sessions.answer(summary)),
    ])
  }
}
