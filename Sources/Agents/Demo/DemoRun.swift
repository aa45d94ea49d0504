import JSON
import Synchronization

/// One turn of the demo.
final class DemoRun: AgentRun {
  let events: AsyncStream<AgentEvent>
  private let performance: DemoPerformance
  private let task: Task<Void, Never>

  init(request: TurnRequest, pace: Double, approvals: DemoApprovals, answerTimeout: Duration) {
    let channel = EventChannel()
    let performance = DemoPerformance(
      request: request, pace: pace, approvals: approvals, answerTimeout: answerTimeout, channel: channel)
    let task = Task {
      defer { performance.remarks.close() }
      do {
        channel.finish(with: try await performance.play())
      } catch {
        // The only error on the way is the cancellation.
        channel.finish(with: .finished(.interrupted))
      }
    }
    channel.onAbandon { task.cancel() }
    events = channel.makeStream()
    self.performance = performance
    self.task = task
  }

  func answerApproval(id: String, _ choice: ApprovalChoice) async -> Bool {
    performance.approvalAnswers.answer(id, choice)
  }

  func answerQuestion(id: String, _ text: String) async -> Bool {
    performance.questionAnswers.answer(id, text)
  }

  func interrupt() async {
    task.cancel()
  }

  func steer(_ text: String) async -> Bool {
    performance.remarks.add(text)
  }
}

/// Plays a script.
final class DemoPerformance: Sendable {
  let approvalAnswers = PendingAnswers<ApprovalChoice>()
  let questionAnswers = PendingAnswers<String>()
  let remarks = DemoRemarks()

  private let script: DemoScript
  private let session: String
  private let pace: Double
  private let approvals: DemoApprovals
  private let answerTimeout: Duration
  private let channel: EventChannel
  private let outputTokens = Mutex(0)

  init(
    request: TurnRequest, pace: Double, approvals: DemoApprovals, answerTimeout: Duration, channel: EventChannel
  ) {
    script = DemoScript(request)
    session = request.sessionID
    self.pace = pace
    self.approvals = approvals
    self.answerTimeout = answerTimeout
    self.channel = channel
  }

  /// Plays the turn and returns its last event.
  func play() async throws(CancellationError) -> AgentEvent {
    try await sendUsage()
    for thought in script.reasoning {
      try await pause(milliseconds: 60)
      outputTokens.withLock { $0 += 2 }
      try await channel.send(.reasoning(thought))
    }
    var results: [String] = []
    if script.usesTool {
      results.append(try await useTool(named: "demo_lookup", arguments: ["topic": .string(script.firstWords)]))
    }
    if script.asksApproval { results.append(try await askApproval()) }
    if script.asksQuestion { results.append(try await askQuestion()) }

    try await say(script.opening)
    for result in results { try await say("\(result)\n\n") }
    if script.fails {
      return .failed(
        AgentFailure(
          kind: .other, message: "The demo failed because the prompt contains the word fail.",
          hint: "Ask again without that word."))
    }
    if script.isLong { try await say(script.longPart) }
    try await say(script.body)
    try await sayRemarks()
    if let title = script.title { try await channel.send(.title(title)) }
    try await sendUsage()
    return .finished(.complete)
  }

  // MARK: Scenes

  private func useTool(named name: String, arguments: JSONObject) async throws(CancellationError) -> String {
    let id = "demo_\(script.identifier(name, digits: 12))"
    try await channel.send(.toolStarted(ToolStart(id: id, name: name, arguments: arguments)))
    try await pause(milliseconds: 1200)
    let result = "The demo did nothing, as it always does."
    try await channel.send(
      .toolCompleted(
        ToolCompletion(
          id: id, name: name, arguments: arguments, result: result, isError: false, duration: 1.2 * pace)))
    return "The tool `\(name)` said: “\(result)”"
  }

  private func askApproval() async throws(CancellationError) -> String {
    let command = "rm -rf ./demo-folder"
    if !approvals.isAllowed(in: session) {
      let id = script.identifier("approval", digits: 32)
      approvalAnswers.expect(id)
      try await channel.send(
        .approvalRequested(
          ApprovalRequest(
            id: id, command: command, description: "The demo would like to pretend that it deletes a folder.",
            patternKey: "demo-delete")))
      let choice = await approvalAnswers.wait(for: id, atMost: answerTimeout) ?? .deny
      if Task.isCancelled { throw CancellationError() }
      approvals.remember(choice, in: session)
      if choice == .deny { return "You did not allow `\(command)`, so I left it alone." }
    }
    return try await useTool(named: "demo_delete", arguments: ["command": .string(command)])
  }

  private func askQuestion() async throws(CancellationError) -> String {
    let id = script.identifier("question", digits: 12)
    questionAnswers.expect(id)
    try await channel.send(
      .questionAsked(Question(id: id, text: "Which colour do you like best?", choices: script.choices)))
    let answer = await questionAnswers.wait(for: id, atMost: answerTimeout)
    if Task.isCancelled { throw CancellationError() }
    guard let answer else { return "You did not answer my question." }
    return "You answered: “\(DemoScript.beginning(of: answer, words: 40))”."
  }

  private func sayRemarks() async throws(CancellationError) {
    while let remark = remarks.takeOrClose() {
      try await say("\n\nWhile I was writing, you said: “\(DemoScript.beginning(of: remark, words: 40))”.")
    }
  }

  // MARK: Pace

  private func say(_ text: String) async throws(CancellationError) {
    for piece in DemoScript.pieces(of: text) {
      try await pause(milliseconds: 30)
      outputTokens.withLock { $0 += 1 }
      try await channel.send(.token(piece))
    }
  }

  private func sendUsage() async throws(CancellationError) {
    try await channel.send(
      .usage(
        TokenUsage(
          input: script.inputTokens, output: outputTokens.withLock { $0 }, cacheRead: script.cachedTokens,
          lastPrompt: script.inputTokens, contextLength: 32_768)))
  }

  private func pause(milliseconds: Double) async throws(CancellationError) {
    guard pace > 0 else { return }
    do {
      try await Task.sleep(for: .milliseconds(milliseconds * pace))
    } catch {
      throw CancellationError()
    }
  }
}
