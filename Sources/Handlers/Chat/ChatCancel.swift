import HTTPTypes
import JSON
public import Pipeline
import Store
import Turns

/// `/api/chat/cancel`: stops a turn; what there is of it is saved when this answers (wire-sessions-chat 2.4).
///
/// Clients of this API call it with GET. Because it changes something, a GET from another origin is refused as a POST
/// would be.
public struct ChatCancel: Handler {
  private let origins: OriginPolicy

  /// - Parameter origins: Who counts as the same origin.
  public init(origins: OriginPolicy) {
    self.origins = origins
  }

  /// `GET` and `POST`.
  public var methods: Methods<ProfileContext> {
    .get("Stops a turn", cancel).post("Stops a turn", cancel)
  }

  private func cancel(_ request: Request, _ context: ProfileContext) async throws -> Response {
    guard origins.allows(request) else {
      throw HTTPError(.forbidden, "Cross-origin mismatch - check reverse proxy headers")
    }
    var text = request.query["stream_id"]
    if text == nil, request.method == .post { text = try await request.json().text("stream_id") }
    guard let text else { throw HTTPError(.badRequest, "stream_id required") }
    var isCancelled = false
    if let stream = StreamID(text) { isCancelled = await context.sessions.cancel(stream) }
    return .json(["ok": true, "cancelled": .bool(isCancelled), "stream_id": .string(text)])
  }
}
