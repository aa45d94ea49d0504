import Testing

@testable import Agents

@Suite("OpenAI runtime with odd servers", .timeLimit(.minutes(2)))
struct OpenAIFramingTests {
  @Test("a stream without [DONE] is complete when the model said that it is finished")
  func noDone() async throws {
    let server = try ScriptedServer(stream: chunk(#"{"content":"Hi"}"#) + chunk("{}", finish: "stop"))
    #expect(try await ask("x", at: server.baseURL) == [.token("Hi"), .finished(.complete)])
  }

  @Test("a stream with [DONE] is complete even without a reason")
  func onlyDone() async throws {
    let server = try ScriptedServer(stream: chunk(#"{"content":"Hi"}"#) + "data: [DONE]\n\n")
    #expect(try await ask("x", at: server.baseURL) == [.token("Hi"), .finished(.complete)])
  }

  @Test("a server that neither says [DONE] nor hangs up does not hold up the turn")
  func noEnd() async throws {
    let server = try ScriptedServer { connection, _ in
      connection.send(ScriptedServer.streamHead + chunk(#"{"content":"Hi"}"#, finish: "stop"))
      connection.waitForHangUp()
    }
    let timeouts = OpenAITimeouts(afterFinish: .milliseconds(100))
    #expect(try await ask("x", at: server.baseURL, timeouts: timeouts) == [.token("Hi"), .finished(.complete)])
  }

  @Test("an error in the middle of a stream ends it, and keeps what came before")
  func errorInStream() async throws {
    let server = try ScriptedServer(
      stream: chunk(#"{"content":"Hi"}"#)
        + "data: {\"error\":{\"message\":\"overloaded\",\"code\":\"rate_limit_exceeded\"}}\n\n")
    let events = try await ask("x", at: server.baseURL)
    #expect(events.answer == "Hi")
    #expect(events.failure?.kind == .rateLimit)
    #expect(events.failure?.details == "overloaded")
  }

  @Test("an error event in the shape of llama.cpp ends the stream")
  func errorLine() async throws {
    let server = try ScriptedServer(stream: "error: {\"code\":500,\"message\":\"out of memory\"}\n\n")
    #expect(try await ask("x", at: server.baseURL).failure?.details == "out of memory")
  }

  @Test(
    "a server that does not stream answers with one body, whatever it calls it",
    arguments: ["application/json", "text/plain"])
  func oneBody(type: String) async throws {
    let body = """

      {"choices":[{"index":0,"message":{"role":"assistant","content":"<think>hm</think>Hi"},"finish_reason":"stop"}],
       "usage":{"prompt_tokens":7,"completion_tokens":2}}
      """
    let server = try ScriptedServer(answer: ScriptedServer.answer(status: 200, type: type, body: body))
    let events = try await ask("x", at: server.baseURL)
    #expect(events.reasoning == "hm")
    #expect(events.answer == "Hi")
    #expect(events.usage?.input == 7)
    #expect(events.last == .finished(.complete))
  }

  @Test("a web page is no completion")
  func webPage() async throws {
    let server = try ScriptedServer(
      answer: ScriptedServer.answer(status: 200, type: "text/html", body: "<!doctype html><p>Hello"))
    let failure = try await ask("x", at: server.baseURL).failure
    #expect(failure?.kind == .other)
    #expect(failure?.hint?.contains("model.base_url") == true)
  }

  @Test("a redirect is not followed, so that the key goes nowhere else", arguments: [301, 302, 307, 308])
  func redirect(status: Int) async throws {
    let target = try ScriptedServer(answer: ScriptedServer.answer(status: 200, body: "{}"))
    let server = try ScriptedServer(
      answer: ScriptedServer.answer(status: status, headers: "Location: \(target.baseURL)\r\n", body: ""))
    let failure = try await ask("x", at: server.baseURL).failure
    #expect(failure?.kind == .other)
    #expect(failure?.message.contains("redirects") == true)
    #expect(target.received.isEmpty)
  }

  @Test("a head that never ends is a server that says nothing")
  func endlessHead() async throws {
    let server = try ScriptedServer { connection, _ in
      connection.send("HTTP/1.1 200 OK\r\n")
      while connection.send("X-More: again\r\n") { ScriptedServer.pause(milliseconds: 20) }
    }
    let failure = try await ask("x", at: server.baseURL, timeouts: OpenAITimeouts(firstByte: .milliseconds(400)))
      .failure
    #expect(failure?.kind == .unreachable)
    #expect(failure?.message.contains("sent nothing in time") == true)
  }

  @Test("a head of many megabytes is not kept")
  func hugeHead() async throws {
    let server = try ScriptedServer { connection, _ in
      connection.send("HTTP/1.1 200 OK\r\n")
      while connection.send("X-More: \(String(repeating: "x", count: 1000))\r\n") {}
    }
    #expect(try await ask("x", at: server.baseURL).failure?.kind == .unreachable)
  }

  @Test("a stream that stops coming is given up after the idle time")
  func idle() async throws {
    let server = try ScriptedServer { connection, _ in
      connection.send(ScriptedServer.streamHead + chunk(#"{"content":"Hi"}"#))
      connection.waitForHangUp()
    }
    let events = try await ask("x", at: server.baseURL, timeouts: OpenAITimeouts(idle: .milliseconds(200)))
    #expect(events.answer == "Hi")
    #expect(events.failure?.kind == .unreachable)
  }

  @Test("comments keep a slow stream alive")
  func comments() async throws {
    let server = try ScriptedServer { connection, _ in
      connection.send(ScriptedServer.streamHead)
      for _ in 0..<25 {
        connection.send(": still working\n\n")
        ScriptedServer.pause(milliseconds: 100)
      }
      connection.send(chunk(#"{"content":"Hi"}"#, finish: "stop"))
    }
    let timeouts = OpenAITimeouts(firstByte: .seconds(2), idle: .seconds(2))
    #expect(try await ask("x", at: server.baseURL, timeouts: timeouts).last == .finished(.complete))
  }

  @Test("a line of more than a mebibyte ends the turn")
  func hugeLine() async throws {
    let server = try ScriptedServer { connection, _ in
      connection.send(ScriptedServer.streamHead + "data: ")
      while connection.send(String(repeating: "x", count: 65_536)) {}
    }
    let failure = try await ask("x", at: server.baseURL).failure
    #expect(failure?.kind == .other)
    #expect(failure?.message.contains("1048576") == true)
  }

  @Test("an answer with a length that is cut short is a broken connection")
  func shortBody() async throws {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 5000\r\n\r\n"
    let server = try ScriptedServer(answer: head + chunk(#"{"content":"Hi"}"#) + "data: {\"choi")
    let events = try await ask("x", at: server.baseURL)
    #expect(events.answer == "Hi")
    #expect(events.failure?.kind == .unreachable)
  }

  @Test("half an event at the end of the stream is a broken connection too")
  func halfEvent() async throws {
    let server = try ScriptedServer(stream: chunk(#"{"content":"Hi"}"#) + "data: {\"choi")
    let events = try await ask("x", at: server.baseURL)
    #expect(events.answer == "Hi")
    #expect(events.failure?.kind == .unreachable)
  }

  @Test("chunked framing with CRLF events, cut in the middle of a character")
  func chunkedFraming() async throws {
    let server = try ScriptedServer { connection, _ in
      connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
      let stream = (chunk(#"{"content":"grün €"}"#) + chunk("{}", finish: "stop") + "data: [DONE]\n\n")
      for byte in stream.replacing("\n", with: "\r\n").utf8 {
        connection.send(bytes: Array("1\r\n".utf8) + [byte] + Array("\r\n".utf8))
      }
      connection.send("0\r\n\r\n")
    }
    #expect(try await ask("x", at: server.baseURL).answer == "grün €")
  }

  @Test("signs of life of other kinds are passed over", arguments: ["data:\n\n", "event: ping\ndata: ok\n\n", "\n\n"])
  func signsOfLife(sign: String) async throws {
    let server = try ScriptedServer(stream: sign + chunk(#"{"content":"Hi"}"#) + sign + chunk("{}", finish: "stop"))
    #expect(try await ask("x", at: server.baseURL) == [.token("Hi"), .finished(.complete)])
  }

  @Test("a stream that ends after comments is a broken connection")
  func onlyComments() async throws {
    let server = try ScriptedServer(stream: ": working\n\n: working\n\n")
    #expect(try await ask("x", at: server.baseURL).failure?.kind == .unreachable)
  }

  @Test("a text that is neither JSON nor an event stream is no completion")
  func plainText() async throws {
    let server = try ScriptedServer(stream: "Hello\n\nWorld")
    #expect(try await ask("x", at: server.baseURL).failure?.kind == .other)
  }

  @Test("an interim answer before the real one is passed over")
  func interimAnswer() async throws {
    let server = try ScriptedServer(
      answer: "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + ScriptedServer.streamHead
        + chunk(#"{"content":"Hi"}"#, finish: "stop"))
    #expect(try await ask("x", at: server.baseURL).answer == "Hi")
  }

  @Test("a server that rejects stream_options is asked once more without", arguments: [400, 422])
  func streamOptions(status: Int) async throws {
    let server = try ScriptedServer { connection, request in
      if request.contains("stream_options") {
        connection.send(ScriptedServer.answer(status: status, body: #"{"detail":"unknown field stream_options"}"#))
      } else {
        connection.send(ScriptedServer.streamHead + chunk(#"{"content":"Hi"}"#, finish: "stop"))
      }
    }
    #expect(try await ask("x", at: server.baseURL).answer == "Hi")
    #expect(server.received.count == 2)
  }

  @Test("other errors are not asked about twice")
  func noRepetition() async throws {
    let server = try ScriptedServer(answer: ScriptedServer.answer(status: 500, body: "stream_options"))
    #expect(try await ask("x", at: server.baseURL).failure?.kind == .other)
    #expect(server.received.count == 1)
  }

  @Test("a server that hangs up without a word is a broken connection")
  func noAnswer() async throws {
    let server = try ScriptedServer(answer: "")
    #expect(try await ask("x", at: server.baseURL).failure?.kind == .unreachable)
  }

  @Test("a server that does not answer the greeting of TLS is given up, and never sees the key")
  func noTLS() async throws {
    let server = try ScriptedServer { connection, _ in connection.waitForHangUp() }
    let timeouts = OpenAITimeouts(connect: .milliseconds(300))
    let failure = try await ask("x", at: "https://127.0.0.1:\(server.port)/v1", timeouts: timeouts).failure
    #expect(failure?.kind == .unreachable)
    #expect(failure?.message.contains("did not accept a connection in time") == true)
    #expect(!server.received.contains { $0.contains("sk-secret-key") })
  }

  @Test("an empty body is an empty answer")
  func emptyBody() async throws {
    let server = try ScriptedServer(answer: ScriptedServer.answer(status: 200, body: ""))
    #expect(try await ask("x", at: server.baseURL).failure?.kind == .noResponse)
  }

  @Test("a run that is interrupted before the first byte ends as interrupted")
  func interruptBeforeAnswer() async throws {
    let server = try ScriptedServer { connection, _ in connection.waitForHangUp() }
    let run = try await openAI().start(turn("x", at: server.baseURL))
    await run.interrupt()
    #expect(await run.events.reduce(into: []) { $0.append($1) } == [.finished(.interrupted)])
  }

  @Test("the request has the key, the user agent, and no wait for a permission to send")
  func request() async throws {
    let server = try ScriptedServer(stream: chunk(#"{"content":"Hi"}"#, finish: "stop"))
    let prompt = String(repeating: "long ", count: 400_000)
    #expect(try await ask(prompt, at: server.baseURL).last == .finished(.complete))
    let request = try #require(server.received.first)
    #expect(request.hasPrefix("POST /v1/chat/completions HTTP/1.1\r\n"))
    #expect(request.contains("Authorization: Bearer sk-secret-key\r\n"))
    #expect(request.contains("User-Agent: caduceus\r\n"))
    #expect(!request.contains("Expect:"))
  }

  @Test("the model list of other shapes is understood, and none is no failure")
  func modelLists() async throws {
    let bodies: [(Int, String, [String])] = [
      (200, #"{"models":[{"name":"a"},{"name":"a"},{"id":"b"}]}"#, ["a", "b"]), (200, #"[{"id":"c"}]"#, ["c"]),
      (404, "{}", []),
    ]
    for (status, body, models) in bodies {
      let server = try ScriptedServer(answer: ScriptedServer.answer(status: status, body: body))
      #expect(try await openAI().models(of: ModelEndpoint(baseURL: server.baseURL)) == models)
    }
  }

  @Test("a model list that is too large, slow, or none at all is a failure")
  func badModelLists() async throws {
    let large = #"{"data":["# + String(repeating: #"{"id":"x"},"#, count: 200_000) + "]}"
    for answer in [ScriptedServer.answer(status: 200, body: large), ScriptedServer.answer(status: 200, body: "Hi"), ""]
    {
      let server = try ScriptedServer(answer: answer)
      await #expect(throws: AgentFailure.self) {
        try await openAI().models(of: ModelEndpoint(baseURL: server.baseURL))
      }
    }
    let silent = try ScriptedServer { connection, _ in connection.waitForHangUp() }
    let failure = await #expect(throws: AgentFailure.self) {
      try await openAI(OpenAITimeouts(models: .milliseconds(200))).models(of: ModelEndpoint(baseURL: silent.baseURL))
    }
    #expect(failure?.kind == .unreachable)
  }
}
