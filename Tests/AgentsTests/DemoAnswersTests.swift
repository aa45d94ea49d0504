import Testing

@testable import Agents

@Suite("Demo approvals and questions", .timeLimit(.minutes(1)))
struct DemoAnswersTests {
  private let demo = DemoRuntime(pace: 0)

  /// Plays a turn and answers what it asks.
  private func play(
    _ prompt: String, session: String = "session", choice: ApprovalChoice = .once, answer: String = "green",
    with demo: DemoRuntime? = nil
  ) async throws -> [AgentEvent] {
    let run = try await (demo ?? self.demo).start(turn(prompt, session: session))
    var events: [AgentEvent] = []
    for await event in run.events {
      events.append(event)
      if case .approvalRequested(let request) = event {
        #expect(await run.answerApproval(id: "unknown", choice) == false)
        #expect(await run.answerApproval(id: request.id, choice))
        #expect(await run.answerApproval(id: request.id, choice) == false)
      }
      if case .questionAsked(let question) = event { #expect(await run.answerQuestion(id: question.id, answer)) }
    }
    return events
  }

  private func requests(_ events: [AgentEvent]) -> [ApprovalRequest] {
    events.compactMap { if case .approvalRequested(let request) = $0 { request } else { nil } }
  }

  @Test("allowed once: the tool runs, and the next turn asks again")
  func once() async throws {
    let events = try await play("needs approval")
    #expect(events.toolCompletions.count == 1)
    #expect(events.last == .finished(.complete))
    #expect(try await requests(play("needs approval")).count == 1)
  }

  @Test("denied: no tool runs, and the answer says so")
  func deny() async throws {
    let events = try await play("needs approval", choice: .deny)
    #expect(events.toolStarts.isEmpty)
    #expect(events.answer.contains("did not allow"))
  }

  @Test("allowed for the session: asked no more there, but elsewhere")
  func session() async throws {
    #expect(try await requests(play("approval", session: "a", choice: .session)).count == 1)
    #expect(try await requests(play("approval", session: "a")).isEmpty)
    #expect(try await requests(play("approval", session: "b", choice: .deny)).count == 1)
  }

  @Test("allowed from now on: asked no more anywhere")
  func always() async throws {
    _ = try await play("approval", session: "a", choice: .always)
    #expect(try await requests(play("approval", session: "b")).isEmpty)
  }

  @Test("forget the oldest session when there are too many")
  func bounded() {
    let approvals = DemoApprovals()
    for number in 0...DemoApprovals.limit { approvals.remember(.session, in: "\(number)") }
    #expect(!approvals.isAllowed(in: "0"))
    #expect(approvals.isAllowed(in: "\(DemoApprovals.limit)"))
  }

  @Test("have ids of the shape that clients know")
  func identifiers() async throws {
    let events = try await play("approval and a question")
    let hexadecimal = Set("0123456789abcdef")
    let approval = try #require(requests(events).first)
    #expect(approval.id.count == 32 && hexadecimal.isSuperset(of: approval.id))
    let question = try #require(
      events.compactMap { if case .questionAsked(let asked) = $0 { asked } else { nil } }.first)
    #expect(question.id.count == 12 && hexadecimal.isSuperset(of: question.id))
    #expect(question.choices.count == 3)
  }

  @Test("quote the answer to a question", arguments: ["clarify", "question"])
  func question(word: String) async throws {
    #expect(try await play("please \(word) it").answer.contains("You answered: “green”."))
  }

  @Test("count as denied when nobody answers in time")
  func timeout() async throws {
    let impatient = DemoRuntime(pace: 0, answerTimeout: .milliseconds(20))
    let events = try await impatient.start(turn("approval question")).events.reduce(into: []) { $0.append($1) }
    #expect(events.toolStarts.isEmpty)
    #expect(events.answer.contains("did not answer"))
    #expect(events.last == .finished(.complete))
  }

  @Test("do not keep an interrupted run waiting", arguments: ["approval", "question"])
  func interrupt(word: String) async throws {
    let run = try await demo.start(turn(word))
    var last: AgentEvent?
    for await event in run.events {
      last = event
      switch event {
      case .approvalRequested, .questionAsked: await run.interrupt()
      default: break
      }
    }
    #expect(last == .finished(.interrupted))
  }
}
