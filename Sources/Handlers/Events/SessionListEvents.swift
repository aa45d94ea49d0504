public import Pipeline
import Turns

/// `GET /api/sessions/events`: says when the list has changed (wire-sessions-chat 1.30). Silent until then.
public struct SessionListEvents: EventHandler {
  /// For the documentation.
  public let summary = "Says when the list of conversations has changed"

  /// A handler without options.
  public init() {}

  /// Opens a stream.
  public func open(_ request: Request, _ context: ProfileContext, keepalive: Keepalive) async throws -> Response {
    let sessions = context.sessions
    return .events(EventStream(keepalive: keepalive) { writer in sessions.followChanges(FrameFollower(writer)) })
  }
}
