import Testing

@testable import Agents

@Suite("Event stream parser")
struct ServerSentEventParserTests {
  private let sample =
    "\u{FEFF}: a comment\r\nevent: greeting\rdata: one\ndata:two\r\n\r\nid: 7\nretry: 5\ndata\n\n: ping\n\ndata: ä €\n\n"
  private let expected = [
    ServerSentEventParser.Event(name: "greeting", data: Array("one\ntwo".utf8)),
    ServerSentEventParser.Event(name: "", data: []),
    ServerSentEventParser.Event(name: "", data: Array("ä €".utf8)),
  ]

  @Test("reads comments, all line endings, several data lines and a byte order mark")
  func readsAll() throws {
    var parser = ServerSentEventParser()
    #expect(try parser.consume(Array(sample.utf8)) == expected)
  }

  @Test("gives the same events wherever the bytes are cut in two")
  func cutAnywhere() throws {
    let bytes = Array(sample.utf8)
    for cut in 0...bytes.count {
      var parser = ServerSentEventParser()
      let events = try parser.consume(Array(bytes[..<cut])) + parser.consume(Array(bytes[cut...]))
      #expect(events == expected, "cut at \(cut)")
    }
  }

  @Test("gives the same events when the bytes come one by one")
  func oneByOne() throws {
    var parser = ServerSentEventParser()
    #expect(try sample.utf8.flatMap { try parser.consume([$0]) } == expected)
  }

  @Test("gives out the last event when the empty line after it is missing")
  func missingLastLine() throws {
    var parser = ServerSentEventParser()
    #expect(try parser.consume(Array("data: a\ndata: b".utf8)).isEmpty)
    #expect(try parser.finish() == ServerSentEventParser.Event(data: Array("a\nb".utf8)))
  }

  @Test("gives out nothing at the end of a stream that ended well")
  func nothingLeft() throws {
    var parser = ServerSentEventParser()
    #expect(try parser.consume(Array("data: a\n\n".utf8)).count == 1)
    #expect(try parser.finish() == nil)
  }

  @Test("takes a line named error for an event named error")
  func errorLine() throws {
    var parser = ServerSentEventParser()
    #expect(
      try parser.consume(Array("error: {}\n\n".utf8)) == [
        ServerSentEventParser.Event(name: "error", data: Array("{}".utf8))
      ])
  }

  @Test("refuses a line over the limit, also when it comes in pieces")
  func longLine() throws {
    var parser = ServerSentEventParser(limit: 16)
    #expect(try parser.consume(Array("data: 0123456789".utf8)).isEmpty)
    #expect(throws: ServerSentEventParser.TooLong.self) { try parser.consume(Array("!".utf8)) }
  }

  @Test("refuses an event whose lines add up to more than the limit")
  func longEvent() throws {
    var parser = ServerSentEventParser(limit: 16)
    #expect(throws: ServerSentEventParser.TooLong.self) {
      try parser.consume(Array(String(repeating: "data: 1234\n", count: 5).utf8))
    }
  }

  @Test("survives random bytes, and gives the same events for them in one piece and in many")
  func randomBytes() throws {
    var generator = SeededGenerator(state: 42)
    let alphabet = Array("data: event:\n\r\n\r:x\u{0}".utf8) + [0xEF, 0xBB, 0xBF, 0xFF]
    for _ in 0..<500 {
      let bytes = (0..<200).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] }
      var whole = ServerSentEventParser()
      var pieces = ServerSentEventParser()
      let expected = try whole.consume(bytes)
      var events: [ServerSentEventParser.Event] = []
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = Int.random(in: 1...9, using: &generator)
        events += try pieces.consume(Array(rest.prefix(count)))
        rest = rest.dropFirst(count)
      }
      #expect(events == expected)
      #expect(try pieces.finish() == whole.finish())
    }
  }
}

/// Random numbers that are the same in each run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
