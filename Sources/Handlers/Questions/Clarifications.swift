import HTTPTypes
import JSON
public import Pipeline
import Store
import Turns

/// `GET /api/clarify/pending`: the oldest question that waits (wire-sessions-chat 3.2).
public struct ClarifyPending: Handler {
  /// A handler without options.
  public init() {}

  /// `GET`.
  public var methods: Methods<ProfileContext> {
    .get("The oldest question that waits for an answer", read)
  }

  private func read(_ request: Request, _ context: ProfileContext) async throws -> Response {
    let id = request.query["session_id"].flatMap { SessionID($0) }
    let question = id.flatMap { context.sessions.pendingQuestion($0) }
    return .json(["pending": question.map { .object($0) } ?? .null])
  }
}

/// `POST /api/clarify/respond`: answers a question of the agent (wire-sessions-chat 3.2).
public struct ClarifyRespond: Handler {
  /// A handler without options.
  public init() {}

  /// `POST`.
  public var methods: Methods<ProfileContext> {
    .post("Answers a question of the agent", respond)
  }

  private func respond(_ request: Request, _ context: ProfileContext) async throws -> Response {
    let body = try await request.json()
    guard let session = body["session_id"]?.string, !session.isEmpty else {
      throw HTTPError(.badRequest, "session_id is required")
    }
    let given = try body.text("response") ?? body.text("answer") ?? body.text("choice") ?? ""
    let text = String(given.trimmed())
    guard !text.isEmpty else { throw HTTPError(.badRequest, "response is required") }
    let question = try body.text("clarify_id").flatMap { $0.isEmpty ? nil : $0 }
    if let id = SessionID(session), await context.sessions.answerQuestion(id, question: question, text: text) {
      return .json(["ok": true, "response": .string(text)])
    }
    throw HTTPError(
      .conflict, "Clarification prompt expired or not found. The agent may have already proceeded.",
      members: ["ok": false, "stale": true])
  }
}
