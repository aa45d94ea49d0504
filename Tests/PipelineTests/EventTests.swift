import HTTPTypes
import Logging
import Pipeline
import PipelineTesting
import Testing

@Suite("Event streams (WHATWG HTML 9.2, wire-sessions-chat 0.7)")
struct EventTests {
  @Test("line breaks of all kinds in data become lines; an id with one is left out")
  func encoding() {
    let frame = EventFrame(id: "1:2", event: "token", data: Array("a\nb\r\nc\rd".utf8))
    #expect(
      String(decoding: frame.bytes, as: UTF8.self) == "id: 1:2\nevent: token\ndata: a\ndata: b\ndata: c\ndata: d\n\n")
    let sneaky = EventFrame(id: "1\ndata: x", event: "to\nken", data: Array("".utf8))
    #expect(String(decoding: sneaky.bytes, as: UTF8.self) == "event: token\ndata: \n\n")
  }

  @Test("events arrive in order, with the header of a stream, and the stream ends")
  func stream() async throws {
    let router = try SampleServer.router {
      Row("/s", through: SampleServer.open, to: Ticker(count: 100), stream: .keepalive("beat", every: .seconds(5)))
    }
    try await SampleServer.both(router) { client in
      let stream = try await client.open(.get("/s"))
      #expect(stream.status == 200)
      #expect(stream.fields[.contentType] == "text/event-stream; charset=utf-8")
      #expect(stream.fields[.cacheControl] == "no-cache")
      let events = await stream.read()
      #expect(events.map(\.id) == (1...100).map { "\($0)" })
      #expect(events.last?.data == "{\"n\":100}")
    }
  }

  @Test("a silent stream sends its comment")
  func keepalive() async throws {
    let router = try SampleServer.router {
      Row(
        "/s", through: SampleServer.open, to: Ticker(count: nil), stream: .keepalive("beat", every: .milliseconds(50)))
    }
    let quiet = ServerConfiguration(port: 0)
    let server = try Server(router: router, configuration: quiet, logger: .init(label: "test"))
    try server.start()
    defer { server.stop(within: .seconds(1)) }
    let stream = try await LiveClient(port: server.port).open(.get("/s"))
    let events = await stream.read { $0.comment == "beat" }
    #expect(events.map(\.name) == ["tick", ""])
  }

  @Test("HEAD of a stream has its header and no body, and the next request on a new connection works")
  func head() async throws {
    let router = try SampleServer.router {
      Row("/s", through: SampleServer.open, to: Ticker(count: nil), stream: .keepalive("beat", every: .seconds(5)))
    }
    let server = try Server(router: router, configuration: .init(port: 0), logger: .init(label: "test"))
    try server.start()
    defer { server.stop(within: .seconds(1)) }
    let answer = try await LiveClient(port: server.port).send(TestRequest(.head, "/s"))
    #expect(answer.status == 200)
    #expect(answer.fields[.contentType] == "text/event-stream; charset=utf-8")
    #expect(answer.body.isEmpty)
  }

  @Test("the feeder hears of the end of a client that left")
  func clientLeaves() async throws {
    let (ends, continuation) = AsyncStream.makeStream(of: Int.self)
    struct Endless: EventHandler {
      let summary = "Never ends"
      let ended: @Sendable () -> Void
      func open(_ request: Request, _ context: BaseContext, keepalive: Keepalive) async throws -> Response {
        let ended = ended
        return .events(
          EventStream(keepalive: keepalive) { writer in
            writer.send(EventFrame(event: "hello", data: []))
            return ended
          })
      }
    }
    let router = try SampleServer.router {
      Row(
        "/s", through: SampleServer.open, to: Endless { continuation.yield(1) },
        stream: .keepalive("beat", every: .seconds(5)))
    }
    try await SampleServer.both(router) { client in
      let stream = try await client.open(.get("/s"))
      _ = await stream.read { $0.name == "hello" }
      stream.close()
      var iterator = ends.makeAsyncIterator()
      #expect(await iterator.next() == 1)
    }
  }
}
