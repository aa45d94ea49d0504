import Agents
import JSON
import Logging
import Store

/// Carries one turn from its first event to the saved answer. One task a turn: what happens in it happens in order.
struct TurnWorker {
  private let turn: LiveTurn
  private let entry: TurnJournal.Turn
  private let pending: PendingTurn
  private let model: String?
  private let services: TurnServices
  private let free: @Sendable () -> Void
  private var publisher: TurnPublisher
  private var output = TurnOutput()

  init(
    turn: LiveTurn, entry: TurnJournal.Turn, pending: PendingTurn, model: String?, journal: RunJournal?,
    services: TurnServices, free: @escaping @Sendable () -> Void
  ) {
    self.turn = turn
    self.free = free
    self.entry = entry
    self.pending = pending
    self.model = model
    self.services = services
    publisher = TurnPublisher(turn: turn, journal: journal, services: services)
  }

  /// Runs the turn to its end; returns when everything is saved and told.
  mutating func work(on request: TurnRequest) async {
    await note { journal, entry in journal.workerStarted(entry) }
    await publisher.publish(
      "context_status",
      [
        "session_id": .string(turn.session.text),
        "prefill": ["status": "not_configured", "source": "none", "label": "", "message_count": 0],
      ])
    let outcome = await converse(request)
    await end(outcome)
  }

  private mutating func converse(_ request: TurnRequest) async -> TurnOutcome {
    let run: any AgentRun
    do {
      run = try await services.runtime.start(request)
    } catch let failure as AgentFailure {
      return .failed(failure)
    } catch {
      return .failed(AgentFailure(kind: .other, message: "The agent could not be started."))
    }
    await turn.began(run)
    for await event in run.events {
      // After a stop nothing more is told than how it ended.
      if case .failed(let failure) = event { return turn.stop.map(stopped) ?? .failed(failure) }
      if turn.stop != nil { continue }
      output.add(event, at: services.now())
      await tell(event)
    }
    if let stop = turn.stop { return stopped(stop) }
    return output.finish == .interrupted ? .cancelled : .finished
  }

  private func stopped(_ stop: LiveTurn.Stop) -> TurnOutcome {
    switch stop {
    case .cancelledByUser: .cancelled
    case .serverStops: .serverStops
    }
  }

  private mutating func tell(_ event: AgentEvent) async {
    switch event {
    case .token(let text): await publisher.publish("token", ["text": .string(text)])
    case .reasoning(let text): await publisher.publish("reasoning", ["text": .string(text)])
    case .toolStarted(let start):
      await publisher.publish(
        "tool",
        [
          "event_type": "tool.started", "name": .string(start.name), "preview": nil,
          "args": .object(ToolArguments.shortened(start.arguments, count: 4)), "tid": .string(start.id),
        ])
    case .toolCompleted(let completion):
      await publisher.publish(
        "tool_complete",
        [
          "event_type": "tool.completed", "name": .string(completion.name),
          "preview": .string(String(completion.result.prefix(4000))),
          "args": .object(ToolArguments.shortened(completion.arguments, count: 4)),
          "tid": .string(completion.id), "is_error": .bool(completion.isError),
          "duration": .double(completion.duration),
        ])
    case .approvalRequested(let request):
      await publisher.publish("approval", turn.add(request))
      services.changes.announce("attention_pending", session: turn.session, profile: turn.profile)
    case .questionAsked(let question):
      await publisher.publish("clarify", turn.add(question, at: services.now()))
      services.changes.announce("attention_pending", session: turn.session, profile: turn.profile)
    case .usage, .title, .finished, .failed: break
    }
  }

  // MARK: The end

  /// The order is what makes it right: saved before anything is told; the conversation free before a client can hear of
  /// the end and send the next prompt; the journals last.
  private mutating func end(_ outcome: TurnOutcome) async {
    let now = services.now()
    let seconds = ((now - turn.startedAt) * 1000).rounded() / 1000
    let merge = TurnMerge(turn: turn, pending: pending, output: output, model: model, now: now, seconds: seconds)
    let saving = await save { document in try merge.end(outcome, in: &document) }
    free()
    if case .saved(let index) = saving { await noteEnd(outcome, answerIndex: index) }
    let session = saving.isSaved ? await sessionObject() : nil
    switch outcome {
    case .finished where saving.isSaved: await tellFinished(session, seconds: seconds)
    case .finished: await tellFailure(unsaved(saving), nil)
    case .cancelled:
      var payload: JSONObject = ["message": "Cancelled by user", "type": "cancelled", "status": "cancelled"]
      if let session { payload["session"] = .object(session) }
      payload["session_id"] = .string(turn.session.text)
      await publisher.publish("cancel", payload)
    case .failed(let failure): await tellFailure(failure, session)
    case .serverStops:
      await tellFailure(
        AgentFailure(kind: .unreachable, message: "The server was stopped before the answer was complete."), session)
    }
  }

  private mutating func tellFailure(_ failure: AgentFailure, _ session: JSONObject?) async {
    await publisher.publish("apperror", FailureMessage.payload(for: failure, session: session, id: turn.session.text))
  }

  private func unsaved(_ saving: TurnSaving) -> AgentFailure {
    if case .notOurs = saving {
      return AgentFailure(
        kind: .other, message: "The answer was not saved.",
        hint: "The conversation was deleted, or another program changed it while the answer was written.")
    }
    let hint = "Check that the disk is not full and that the state directory can be written."
    return AgentFailure(
      kind: .other, message: "The answer could not be saved.",
      hint: publisher.isBroken
        ? hint + " Copy what you need of it now: the run journal could not be written either."
        : hint + " It is kept in the run journal, and recovered when the conversation is next opened.")
  }

  private func noteEnd(_ outcome: TurnOutcome, answerIndex: Int) async {
    switch outcome {
    case .finished:
      await note { journal, entry in
        journal.assistantStarted(entry, messageIndex: answerIndex)
        journal.completed(entry, messageIndex: answerIndex)
      }
    case .cancelled: await note { journal, entry in journal.interrupted(entry, reason: "cancelled") }
    case .failed(let failure):
      await note { journal, entry in journal.interrupted(entry, reason: failure.kind.rawValue) }
    case .serverStops: await note { journal, entry in journal.interrupted(entry, reason: "server_stopped") }
    }
  }

  private func note(_ write: @escaping @Sendable (TurnJournal, TurnJournal.Turn) -> Void) async {
    let (journal, entry) = (services.turnJournal, entry)
    // The disk executor throws only what its work throws, and this work throws nothing.
    try? await services.disk.run { write(journal, entry) }
  }

  private mutating func tellFinished(_ session: JSONObject?, seconds: Double) async {
    var payload = JSONObject()
    payload["session"] = .object(session ?? [:])
    payload["usage"] = .object(usageObject(seconds: seconds))
    await publisher.publish("done", payload)
    let id = JSONValue.string(turn.session.text)
    if let title = output.title, session?["title"]?.string == title {
      await publisher.publish(
        "title_status", ["session_id": id, "status": "llm", "reason": "llm", "title": .string(title)])
      await publisher.publish("title", ["session_id": id, "title": .string(title)])
    }
    await publisher.publish("stream_end", ["session_id": id])
  }

  private func usageObject(seconds: Double) -> JSONObject {
    let usage = output.usage
    let rate = seconds > 0 && usage.output > 0 ? (Double(usage.output) / seconds * 10).rounded() / 10 : nil
    return [
      "input_tokens": .int(usage.input), "output_tokens": .int(usage.output), "estimated_cost": 0.0,
      "cache_read_tokens": .int(usage.cacheRead), "cache_write_tokens": 0, "cache_hit_percent": nil,
      "turn_cache_hit_percent": nil, "duration_seconds": .double(seconds), "tps": .optional(rate),
      "ttft_ms": .optional(output.firstOutputAt.map { Int(($0 - turn.startedAt) * 1000) }),
      "used_model": .optional(model), "context_length": .optional(usage.contextLength),
      "threshold_tokens": nil, "last_prompt_tokens": .optional(usage.lastPrompt),
      "post_compression_context_tokens_estimate": nil,
    ]
  }

  private func sessionObject() async -> JSONObject? {
    do {
      guard var (summary, page) = try await services.store.page(turn.session, TranscriptWindow(limit: nil, before: nil))
      else { return nil }
      var size = 0
      let newest = page.messages.reversed().prefix { message in
        size += message.sizeEstimate
        return size <= SessionAnswer.eventLimit
      }
      if newest.count < page.messages.count {
        let window = TranscriptWindow(limit: min(max(newest.count, 1), 100), before: nil)
        (summary, page) = try await services.store.page(turn.session, window) ?? (summary, page)
      }
      var object = SessionAnswer.object(summary, page, isStreaming: false, masked: await services.masks())
      object["_messages_truncated"] = .bool(page.isTruncated)
      object["_messages_offset"] = .int(page.offset)
      return object
    } catch {
      services.logger.warning("a saved session cannot be read", metadata: ["error": "\(error)"])
      return nil
    }
  }

  /// Saves, and goes on trying for some minutes: another request may hold the conversation, a disk may be full until
  /// somebody has made room. The answer is in memory meanwhile, and the turn counts as running.
  private func save(
    _ change: @escaping @Sendable (inout SessionDocument) throws -> TurnSaving
  ) async -> TurnSaving {
    for delay in [Duration.milliseconds(200), .seconds(1), .seconds(3), .seconds(10), .seconds(30)]
      + TurnWorker.patience
    {
      do {
        return try await services.store.edit(turn.session, touch: true, change)?.result ?? .notOurs
      } catch {
        services.logger.error(
          "a turn cannot be saved", metadata: ["session": "\(turn.session)", "error": "\(error)"])
        if case .serverStops? = turn.stop { return .failed }
        // Throws only when the task is cancelled; then the next attempt is made at once.
        try? await Task.sleep(for: delay)
      }
    }
    return .failed
  }

  private static let patience = [Duration](repeating: .seconds(60), count: 5)
}

extension JSONValue {
  /// About how many bytes a message has.
  fileprivate var sizeEstimate: Int {
    if case .fragment(let fragment) = self { return fragment.bytes.count }
    return bytes(.compact).count
  }
}
