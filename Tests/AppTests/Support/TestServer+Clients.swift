import Foundation
import HTTPTypes
import JSON
import PipelineTesting
import Store

extension TestServer {
  /// Runs `body` with a client in process, or with one that speaks over a socket.
  func reach<Result: Sendable>(
    overSocket: Bool, _ body: @Sendable (any TestClient) async throws -> Result
  ) async throws -> Result {
    overSocket ? try await live { try await body($0) } : try await body(client)
  }

  /// Every file of the state directory with its bytes, to see whether something has changed. The index of the
  /// conversations is left out: it is made of the others, and written some time later.
  func files() throws -> [String: Data] {
    var found: [String: Data] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: home) where name != "sessions/_index.json" {
      var isFolder: ObjCBool = false
      let path = home + "/" + name
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { continue }
      found[name] = isFolder.boolValue ? Data() : try Data(contentsOf: URL(fileURLWithPath: path))
    }
    return found
  }

  /// Another server on a copy of this one's state, as after a restart.
  func reopened() async throws -> TestServer {
    let folder = home
    return try await TestServer.open { home in
      try FileManager.default.removeItem(atPath: home)
      try FileManager.default.copyItem(atPath: folder, toPath: home)
    }
  }

  /// The names of the files that are not as they were.
  func changes(since before: [String: Data]) throws -> [String] {
    let now = try files()
    return Set(now.keys).union(before.keys).filter { now[$0] != before[$0] }.sorted()
  }

  /// The bytes of a conversation's file.
  func sidecarText(_ id: String) throws -> String {
    try String(contentsOfFile: layout.sessionsDirectory + "/\(id).json", encoding: .utf8)
  }

  /// Makes a conversation and saves something in it, so that it is on disk.
  func conversation(on client: any TestClient, cookie: String? = nil) async throws -> String {
    let fields = HTTPFields.profile(cookie)
    let made = try await client.send(.post("/api/session/new", [:], fields: fields)).json()
    guard let id = made["session"]?["session_id"]?.string else { throw FixtureError("no conversation was made") }
    try await client.send(.post("/api/session/draft", ["session_id": .string(id), "text": "x"], fields: fields))
      .expect(200)
    return id
  }

  /// Starts a turn and returns its stream.
  func start(
    _ message: String, in id: String, on client: any TestClient, cookie: String? = nil
  ) async throws -> String {
    let response = try await client.send(
      .post("/api/chat/start", ["session_id": .string(id), "message": .string(message)], fields: .profile(cookie)))
    try response.expect(200)
    guard let stream = try response.json()["stream_id"]?.string else { throw FixtureError("no stream was started") }
    return stream
  }

  /// Reads a stream to its end.
  func events(of stream: String, _ more: String = "", on client: any TestClient) async throws -> [TestEvent] {
    await (try await client.open(.get("/api/chat/stream?stream_id=\(stream)\(more)"))).read(atMost: 60)
      .filter { $0.comment == nil }
  }
}

extension HTTPFields {
  /// The cookie that chooses a profile; nothing for the profile of the process.
  static func profile(_ name: String?) -> HTTPFields {
    name.map { [.cookie: "hermes_profile=\($0)"] } ?? [:]
  }
}

extension TestResponse {
  /// - Throws: ``FixtureError`` with the body when the status is another one.
  func expect(_ wanted: Int) throws {
    guard status == wanted else { throw FixtureError("the status is \(status), not \(wanted): \(text.prefix(300))") }
  }

  /// The text of an error.
  var errorText: String? { (try? json())?["error"]?.string }
}
