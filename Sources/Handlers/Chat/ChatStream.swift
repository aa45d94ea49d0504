import HTTPTypes
public import Pipeline
import Store
import Turns

/// `GET /api/chat/stream`: the events of a turn, from a cursor on (wire-sessions-chat 2.2).
public struct ChatStream: EventHandler {
  /// For the documentation.
  public let summary = "The events of a turn; after a break it goes on behind Last-Event-ID"

  /// A handler without options.
  public init() {}

  /// Opens a stream.
  public func open(_ request: Request, _ context: ProfileContext, keepalive: Keepalive) async throws -> Response {
    guard let stream = request.streamID(), let feed = try await context.sessions.feed(stream) else {
      throw HTTPError(.notFound, "stream not found")
    }
    let cursor = StreamCursor.sequence(in: request, for: stream)
    return .events(
      EventStream(keepalive: keepalive, closesConnection: true) { writer in
        feed.follow(after: cursor, FrameFollower(writer, endingAt: FrameFollower.turnEndings))
      })
  }
}

/// Where a client left a stream. What cannot be honoured means "from the start", never "skip" (wire-sessions-chat 2.2).
enum StreamCursor {
  static func sequence(in request: Request, for stream: StreamID) -> Int {
    let query = request.query
    let eventID = query["after_event_id"]
    let sequence = query["after_seq"]
    // The query's cursor beats the header's by being there, even when it cannot be read.
    if eventID != nil || sequence != nil || query["replay"] != nil {
      return eventID.map { self.sequence(ofEvent: $0, in: stream) } ?? max(0, sequence.flatMap { Int($0) } ?? 0)
    }
    return request.header(.lastEventID).map { self.sequence(ofEvent: $0, in: stream) } ?? 0
  }

  private static func sequence(ofEvent id: String, in stream: StreamID) -> Int {
    let parts = id.split(separator: ":")
    guard parts.count == 2, parts[0] == stream.text[...], let sequence = Int(parts[1]), sequence >= 0 else { return 0 }
    return sequence
  }
}
