import HTTPTypes
import JSON
import PipelineTesting

/// How each method of each row takes ids of conversations and turns.
struct IDRoutes: Sendable {
  /// A request in which `SESSION` and `STREAM` stand for ids.
  struct Template: Sendable {
    let method: HTTPRequest.Method
    let target: String
    let body: JSONObject?

    func filled(_ session: String, _ stream: String, cookie: String) -> TestRequest {
      func fill(_ text: String) -> String {
        text.replacing("SESSION", with: session).replacing("STREAM", with: stream)
      }
      var fields = HTTPFields.profile(cookie)
      if body != nil { fields[.contentType] = "application/json" }
      let bytes = body.map { Array(fill(JSONValue.object($0).text).utf8) } ?? []
      return TestRequest(method, fill(target), fields: fields, body: bytes)
    }
  }

  static let missingSession = "5e5510000000"
  static let missingStream = "57eea357eea357eea357eea357eea357"

  /// Method and pattern.
  let key: String
  /// What is sent; empty for a row that takes no ids.
  let requests: [Template]
  /// Whether an unknown id gets a stream that stays open.
  let handsOutStream: Bool

  private static func none(_ key: String) -> IDRoutes {
    IDRoutes(key: key, requests: [], handsOutStream: false)
  }

  private static func get(_ path: String, _ queries: String..., handsOutStream: Bool = false) -> IDRoutes {
    let requests = queries.map { Template(method: .get, target: "\(path)?\($0)", body: nil) }
    return IDRoutes(key: "GET \(path)", requests: requests, handsOutStream: handsOutStream)
  }

  private static func post(_ path: String, _ bodies: JSONObject...) -> IDRoutes {
    let requests = bodies.map { Template(method: .post, target: path, body: $0) }
    return IDRoutes(key: "POST \(path)", requests: requests, handsOutStream: false)
  }

  /// All rows. `/session/{id...}` is the page, which reads the id itself.
  static let all: [IDRoutes] =
    [
      "GET /", "GET /index.html", "GET /session/{id...}", "GET /static/{path...}", "GET /session/static/{path...}",
      "GET /health", "GET /api/status", "GET /api/auth/status", "GET /api/openapi.json", "GET /api/sessions",
      "GET /api/sessions/events", "POST /api/session/new", "GET /api/projects", "GET /api/profiles",
      "GET /api/profile/active", "GET /api/settings", "GET /api/models", "GET /api/workspaces",
    ].map(none) + [
      get(
        "/api/session", "session_id=SESSION", "session_id=SESSION&messages=0&resolve_model=0",
        "session_id=SESSION&msg_limit=5", "session_id=SESSION&msg_before=2"),
      get("/api/session/status", "session_id=SESSION"),
      get(
        "/api/session/stream", "session_id=SESSION", "session_id=SESSION&known_count=0", handsOutStream: true),
      post("/api/session/rename", ["session_id": "SESSION", "title": "Mine now"]),
      post("/api/session/delete", ["session_id": "SESSION"]),
      post("/api/session/pin", ["session_id": "SESSION"], ["session_id": "SESSION", "pinned": false]),
      post("/api/session/archive", ["session_id": "SESSION"], ["session_id": "SESSION", "archived": false]),
      get("/api/session/draft", "session_id=SESSION"),
      post("/api/session/draft", ["session_id": "SESSION", "text": "mine"], ["session_id": "SESSION"]),
      post(
        "/api/session/update", ["session_id": "SESSION", "model": "mine"],
        ["session_id": "SESSION", "workspace": "/nowhere"], ["session_id": "SESSION"]),
      post(
        "/api/chat/start", ["session_id": "SESSION", "message": "mine"], ["session_id": "SESSION", "message": ""],
        ["session_id": "SESSION", "message": "mine", "workspace": "/nowhere"],
        ["session_id": "SESSION", "message": "mine", "regenerate": true],
        ["session_id": "SESSION", "message": "mine", "profile": "work"],
        ["session_id": "SESSION", "message": "mine", "profile": "No Name"]),
      get(
        "/api/chat/stream", "stream_id=STREAM", "stream_id=STREAM&after_seq=2",
        "stream_id=STREAM&replay=1&after_event_id=STREAM:2"),
      get("/api/chat/stream/status", "stream_id=STREAM"),
      get("/api/chat/cancel", "stream_id=STREAM"),
      post("/api/chat/cancel", ["stream_id": "STREAM"]),
      get("/api/approval/pending", "session_id=SESSION"),
      post(
        "/api/approval/respond", ["session_id": "SESSION", "choice": "once"],
        ["session_id": "SESSION", "choice": "deny", "approval_id": "0123456789abcdef0123456789abcdef"]),
      get("/api/clarify/pending", "session_id=SESSION"),
      post(
        "/api/clarify/respond", ["session_id": "SESSION", "response": "red"],
        ["session_id": "SESSION", "response": "red", "clarify_id": "0123456789ab"]),
    ]
}
