import JSON
import Logging

/// One turn at a model server.
final class OpenAIRun: AgentRun {
  let events: AsyncStream<AgentEvent>
  private let task: Task<Void, Never>

  init(completion: CompletionRequest, afterFinish: Duration, logger: Logger) {
    let channel = EventChannel()
    let reader = CompletionReader(completion: completion, afterFinish: afterFinish, channel: channel)
    let task = Task {
      let last = await reader.run()
      if case .failed(let failure) = last {
        logger.info("the model server did not answer", metadata: ["kind": "\(failure.kind.rawValue)"])
      }
      channel.finish(with: last)
    }
    channel.onAbandon { task.cancel() }
    events = channel.makeStream()
    self.task = task
  }

  /// False: a model server asks for no approvals.
  func answerApproval(id: String, _ choice: ApprovalChoice) async -> Bool { false }

  /// False: a model server asks no questions.
  func answerQuestion(id: String, _ text: String) async -> Bool { false }

  func interrupt() async {
    task.cancel()
  }

  /// False: a request that is under way cannot be added to.
  func steer(_ text: String) async -> Bool { false }
}
