import JSON
public import Pipeline
import Store
import Turns

/// `GET /api/session/status`: what a hidden tab polls (wire-sessions-chat 1.3).
public struct SessionStatus: Handler {
  private let layout: StateLayout

  /// - Parameter layout: Where the profiles' homes are.
  public init(layout: StateLayout) {
    self.layout = layout
  }

  /// `GET`.
  public var methods: Methods<ProfileContext> {
    .get("Whether a conversation is running, and its counters", read)
  }

  private func read(_ request: Request, _ context: ProfileContext) async throws -> Response {
    let id = try request.sessionID(missing: "Missing session_id")
    guard let summary = try await context.sessions.summary(id) else { throw HTTPError.sessionNotFound }
    let live = context.sessions.live(id)
    let input = summary.metadata["input_tokens"]?.int ?? 0
    let output = summary.metadata["output_tokens"]?.int ?? 0
    return .json([
      "session_id": .string(id.text), "title": .string(await context.sessions.shownTitle(summary)),
      "model": .optional(summary.model),
      "profile": .string(summary.profile ?? "default"), "hermes_home": .string(layout.home(of: context.profile)),
      "workspace": .string(summary.workspace), "personality": summary.metadata["personality"] ?? .null,
      "message_count": .int(summary.messageCount), "created_at": .double(summary.createdAt),
      "updated_at": .double(summary.updatedAt), "agent_running": .bool(live != nil),
      "active_stream_id": .optional(live?.id.text), "input_tokens": .int(input), "output_tokens": .int(output),
      "total_tokens": .int(input.saturatingSum(output)), "estimated_cost": summary.metadata["estimated_cost"] ?? .null,
    ])
  }
}
