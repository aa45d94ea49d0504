import Agents
import JSON

/// What a turn waits for the user to answer, oldest first (wire-sessions-chat 3.1 and 3.2).
struct PendingRequests: Sendable {
  struct Entry: Sendable {
    let id: String
    let object: JSONObject
  }

  private(set) var approvals: [Entry] = []
  private(set) var questions: [Entry] = []

  mutating func add(_ request: ApprovalRequest) -> JSONObject {
    let object: JSONObject = [
      "command": .string(request.command), "description": .string(request.description),
      "pattern_key": .string(request.patternKey), "pattern_keys": [.string(request.patternKey)],
      "approval_id": .string(request.id), "allow_permanent": true,
    ]
    approvals.append(Entry(id: request.id, object: object))
    return object
  }

  mutating func add(_ question: Question, session: String, at now: Double) -> JSONObject {
    let object: JSONObject = [
      "question": .string(question.text), "choices_offered": .array(question.choices.map { .string($0) }),
      "session_id": .string(session), "kind": "clarify", "requested_at": .double(now), "timeout_seconds": 600,
      "expires_at": .double(now + 600), "clarify_id": .string(question.id),
    ]
    questions.append(Entry(id: question.id, object: object))
    return object
  }

  mutating func removeApproval(_ id: String) { approvals.removeAll { $0.id == id } }
  mutating func removeQuestion(_ id: String) { questions.removeAll { $0.id == id } }
}
