import Foundation
import HTTPTypes
import JSON
import Pipeline
import PipelineTesting
import Testing

@testable import App

@Suite("What belongs to another profile is not there (wire-sessions-chat 0.6, invariants 46 and 49)", .fewAtOnce)
struct ForeignProfileTests {
  /// A profile that asks, and ids of the other one.
  struct Asker: Sendable, CustomStringConvertible {
    let cookie: String
    let foreignSession: String
    let foreignStream: String
    var description: String { "profile \(cookie)" }
  }

  /// Both directions, on the recorded state.
  static let askers = [
    Asker(cookie: "default", foreignSession: "5bd0eac6a1fd", foreignStream: "7077476573c5494189b55b8067f49a3f"),
    Asker(cookie: "work", foreignSession: "dd84f05261ab", foreignStream: "796d292b71634af2a644c48e7f55fa86"),
  ]

  @Test("every row of the routing table is known to take ids, or to take none")
  func everyRowIsClassified() async throws {
    let server = try await TestServer.open()
    let known = Set(IDRoutes.all.map(\.key))
    let rows = Set(server.router.routes.flatMap { route in route.methods.map { "\($0.method) \(route.pattern)" } })
    #expect(rows.subtracting(known).sorted() == [], "add these to IDRoutes.all: do they take ids?")
    #expect(known.subtracting(rows).sorted() == [], "these are no rows any more")
  }

  @Test("an id of another profile answers as one that does not exist, and changes nothing", arguments: askers)
  func foreignIsAsMissing(asker: Asker) async throws {
    let server = try await TestServer.open(copying: "golden/state")
    let unchanged = try server.files()
    for route in IDRoutes.all {
      for request in route.requests {
        let what = "\(route.key) \(request.target)"
        let foreign = request.filled(asker.foreignSession, asker.foreignStream, cookie: asker.cookie)
        let missing = request.filled(IDRoutes.missingSession, IDRoutes.missingStream, cookie: asker.cookie)
        let given = try await Answer(to: foreign, of: server.client, hiding: asker)
        let wanted = try await Answer(to: missing, of: server.client, hiding: asker)
        #expect(given == wanted, "\(what)")
        let changed = try server.changes(since: unchanged)
        try #require(changed == [], "\(what)")
      }
    }
  }

  @Test("the same over a socket", arguments: askers)
  func foreignIsAsMissingOverSocket(asker: Asker) async throws {
    let server = try await TestServer.open(copying: "golden/state")
    try await server.live { client in
      for route in IDRoutes.all where route.handsOutStream == false {
        for request in route.requests {
          let foreign = request.filled(asker.foreignSession, asker.foreignStream, cookie: asker.cookie)
          let missing = request.filled(IDRoutes.missingSession, IDRoutes.missingStream, cookie: asker.cookie)
          let given = try await client.send(foreign)
          let wanted = try await client.send(missing)
          #expect(given.status == wanted.status, "\(route.key)")
          #expect(Answer.hide(given.text, asker) == Answer.hide(wanted.text, asker), "\(route.key)")
        }
      }
    }
  }

  @Test("a running turn of another profile can neither be opened, asked for, stopped nor answered")
  func runningTurn() async throws {
    let server = try await TestServer.open(copying: "golden/state")
    let client = server.client
    let session = try await server.conversation(on: client, cookie: "work")
    let stream = try await server.start("approval and clarify please", in: session, on: client, cookie: "work")
    let watcher = try await client.open(.get("/api/chat/stream?stream_id=\(stream)", fields: .profile("work")))
    let asker = Asker(cookie: "default", foreignSession: session, foreignStream: stream)
    for question in ["approval", "clarify"] {
      let seen = await watcher.read { $0.name == question }
      try #require(seen.last?.name == question)
      for route in IDRoutes.all {
        for request in route.requests {
          let foreign = request.filled(session, stream, cookie: "default")
          let missing = request.filled(IDRoutes.missingSession, IDRoutes.missingStream, cookie: "default")
          let given = try await Answer(to: foreign, of: client, hiding: asker)
          let wanted = try await Answer(to: missing, of: client, hiding: asker)
          #expect(given == wanted, "\(route.key) \(request.target) while \(question) waits")
        }
      }
      let pending = try await client.send(
        .get("/api/\(question)/pending?session_id=\(session)", fields: .profile("work"))
      ).json()
      #expect(pending["pending"]?.object != nil, "the other profile has answered for this one")
      let answer: JSONObject = ["session_id": .string(session), "choice": "once", "response": "once"]
      try await client.send(.post("/api/\(question)/respond", answer, fields: .profile("work"))).expect(200)
    }
    #expect(await watcher.read().last?.name == "stream_end")
  }

  @Test("the list of one profile lacks the conversations of the other, and counts them (invariant 47)")
  func lists() async throws {
    let server = try await TestServer.open(copying: "golden/state")
    let root = try await server.client.send(.get("/api/sessions", fields: .profile("default")))
    #expect(!root.text.contains("5bd0eac6a1fd"))
    #expect(try root.json()["other_profile_count"]?.int == 1)
    let work = try await server.client.send(.get("/api/sessions", fields: .profile("work")))
    #expect(try work.json()["sessions"]?.array?.map { $0["session_id"]?.string } == ["5bd0eac6a1fd"])
  }

  @Test("a change of one profile's list is not told to the other (wire-sessions-chat 1.30)", arguments: [false, true])
  func listEvents(overSocket: Bool) async throws {
    let server = try await TestServer.open(copying: "golden/state")
    try await server.reach(overSocket: overSocket) { client in
      let root = try await client.open(.get("/api/sessions/events", fields: .profile("default")))
      let work = try await client.open(.get("/api/sessions/events", fields: .profile("work")))
      let changes = [("work", "5bd0eac6a1fd"), ("default", "dd84f05261ab"), ("work", "5bd0eac6a1fd")]
      for (cookie, id) in changes {
        let body: JSONObject = ["session_id": .string(id), "title": "Renamed"]
        try await client.send(.post("/api/session/rename", body, fields: .profile(cookie))).expect(200)
      }
      let rootEvents = await root.read { $0.name == "sessions_changed" }.filter { $0.comment == nil }
      #expect(rootEvents.count == 1)
      #expect(rootEvents.first?.data.contains("dd84f05261ab") == true)
      for _ in 0..<2 {
        let event = try #require(await work.read { $0.name == "sessions_changed" }.last)
        #expect(event.data.contains("5bd0eac6a1fd") && event.data.contains("\"profile\": \"work\""))
      }
    }
  }

  @Test("a cookie that is no name counts as none; one for an unknown profile creates nothing (wire-platform 1.2)")
  func cookies() async throws {
    let server = try await TestServer.open(copying: "golden/state")
    let before = try server.files()
    for cookie in ["../work", "WORK", "", "work/..", "%77ork"] {
      let answer = try await server.client.send(.get("/api/profile/active", fields: .profile(cookie))).json()
      #expect(answer["name"]?.string == "default", "\(cookie)")
    }
    let unknown = HTTPFields.profile("nobody-has-this")
    let list = try await server.client.send(.get("/api/sessions", fields: unknown)).json()
    #expect(list["sessions"]?.array?.isEmpty == true)
    #expect(list["active_profile"]?.string == "nobody-has-this")
    let changed = try server.changes(since: before)
    #expect(changed == [])
  }
}

/// An answer without what has to differ: the id that was asked for.
private struct Answer: Equatable, CustomStringConvertible {
  let status: Int
  let fields: HTTPFields
  let text: String

  var description: String { "\(status) \(text.prefix(300))" }

  init(to request: TestRequest, of client: InProcessClient, hiding asker: ForeignProfileTests.Asker) async throws {
    var request = request
    // Otherwise each answer would have a number of its own.
    if let name = HTTPField.Name("X-Request-ID") { request.fields[name] = "the-same-one" }
    let stream: TestStream
    do {
      stream = try await client.open(request)
    } catch is TestClientError {
      let response = try await client.send(request)
      status = response.status
      fields = response.fields
      text = Answer.hide(response.text, asker)
      return
    }
    // What a stream tells at its opening is there already.
    stream.close()
    status = stream.status
    fields = stream.fields
    text = Answer.hide(await stream.read().map { "\($0)" }.joined(separator: "\n"), asker)
  }

  static func hide(_ text: String, _ asker: ForeignProfileTests.Asker) -> String {
    text.replacing(asker.foreignSession, with: "(session)").replacing(IDRoutes.missingSession, with: "(session)")
      .replacing(asker.foreignStream, with: "(stream)").replacing(IDRoutes.missingStream, with: "(stream)")
  }
}
