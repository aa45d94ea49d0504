import HTTPTypes
import JSON
public import Pipeline
import Store
import Turns

/// `GET /api/approval/pending`: the oldest approval that waits (wire-sessions-chat 3.1).
public struct ApprovalPending: Handler {
  /// A handler without options.
  public init() {}

  /// `GET`.
  public var methods: Methods<ProfileContext> {
    .get("The oldest approval that waits for an answer", read)
  }

  private func read(_ request: Request, _ context: ProfileContext) async throws -> Response {
    guard let id = request.query["session_id"].flatMap({ SessionID($0) }) else {
      return .json(["pending": nil, "pending_count": 0])
    }
    let (oldest, count) = context.sessions.pendingApproval(id)
    return .json(["pending": oldest.map { .object($0) } ?? .null, "pending_count": .int(count)])
  }
}

/// `POST /api/approval/respond`: allows or denies (wire-sessions-chat 3.1). Without a choice the answer is no.
public struct ApprovalRespond: Handler {
  /// A handler without options.
  public init() {}

  /// `POST`.
  public var methods: Methods<ProfileContext> {
    .post("Answers an approval", respond)
  }

  private func respond(_ request: Request, _ context: ProfileContext) async throws -> Response {
    let body = try await request.json()
    guard let text = body["session_id"]?.string, !text.isEmpty else {
      throw HTTPError(.badRequest, "session_id is required")
    }
    let choice = try body.text("choice") ?? "deny"
    guard ["once", "session", "always", "deny"].contains(choice) else {
      throw HTTPError(.badRequest, "Invalid choice: \(choice.prefix(40))")
    }
    let approval = try body.text("approval_id").flatMap { $0.isEmpty ? nil : $0 }
    var answer: JSONObject = ["ok": true, "choice": .string(choice)]
    guard let id = SessionID(text) else { return .json(answer) }
    let isAnswered = await context.sessions.answerApproval(id, approval: approval, choice: choice)
    if !isAnswered, approval != nil {
      if context.sessions.pendingApproval(id).count > 0 { answer["ok"] = false } else { answer["stale_cleared"] = true }
    }
    return .json(answer)
  }
}
