import HTTPTypes
import JSON
public import Pipeline
import Store
import Turns

/// `GET /api/session/stream`: tells a tab what it has missed of its conversation (wire-sessions-chat 3.3). A
/// conversation of another profile is as silent as one that does not exist.
public struct SessionEvents: EventHandler {
  /// For the documentation.
  public let summary = "Tells a tab what it has missed of a conversation"

  /// A handler without options.
  public init() {}

  /// Opens a stream.
  public func open(_ request: Request, _ context: ProfileContext, keepalive: Keepalive) async throws -> Response {
    guard let text = request.query["session_id"] else { throw HTTPError(.badRequest, "session_id is required") }
    let id = SessionID(text)
    var frames = [frame("initial", ["session_id": .string(text)])]
    if let id, let turn = context.sessions.live(id) {
      frames.append(
        frame(
          "server_turn_started",
          [
            "session_id": .string(text), "stream_id": .string(turn.id.text),
            "pending_started_at": .double(turn.startedAt), "source": "subscribe_recovery", "recovered": true,
          ]))
    } else if let id, let known = request.query.int("known_count"),
      let count = try await context.sessions.summary(id)?.messageCount, count > known
    {
      frames.append(
        frame(
          "session-updated",
          [
            "session_id": .string(text), "message_count": .int(count), "known_count": .int(known),
            "source": "subscribe_recovery",
          ]))
    }
    let first = frames
    return .events(
      EventStream(keepalive: keepalive) { writer in
        for frame in first { writer.send(frame) }
        return {}
      })
  }

  private func frame(_ name: String, _ payload: JSONObject) -> EventFrame {
    EventFrame(event: name, data: payload.bytes(.spaced))
  }
}
