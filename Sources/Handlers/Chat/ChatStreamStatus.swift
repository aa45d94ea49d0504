import JSON
public import Pipeline
import Store
import Turns

/// `GET /api/chat/stream/status`: whether a turn runs, and what its journal says (wire-sessions-chat 2.3). Never a 404.
public struct ChatStreamStatus: Handler {
  /// A handler without options.
  public init() {}

  /// `GET`.
  public var methods: Methods<ProfileContext> {
    .get("Whether a turn is running or can be replayed", read)
  }

  private func read(_ request: Request, _ context: ProfileContext) async throws -> Response {
    guard let stream = request.streamID() else {
      return .json(["active": false, "stream_id": .string(request.query["stream_id"] ?? ""), "replay_available": false])
    }
    let isLive = context.sessions.isLive(stream)
    let status = try await context.sessions.runStatus(stream)
    var answer: JSONObject = [
      "active": .bool(isLive), "stream_id": .string(stream.text), "replay_available": .bool(status != nil),
    ]
    if let status {
      answer["journal"] = .object(status.object(isActive: isLive))
    }
    return .json(answer)
  }
}
