import Agents
import JSON
public import Store
import Synchronization

/// A turn that is under way.
public final class LiveTurn: Sendable {
  private struct State {
    var run: (any AgentRun)?
    var stop: Stop?
    var pending = PendingRequests()
    var isOver = false
    var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
    var nextWaiter = 0
  }

  /// Why a run was asked to stop.
  enum Stop: Sendable {
    case cancelledByUser
    case serverStops
  }

  /// Its stream.
  public let id: StreamID
  /// The conversation.
  public let session: SessionID
  /// Whose it is.
  public let profile: ProfileName
  /// When it began, in seconds since 1970.
  public let startedAt: Double

  let stream = TurnStream()
  private let state = Mutex(State())

  init(id: StreamID, session: SessionID, profile: ProfileName, startedAt: Double) {
    self.id = id
    self.session = session
    self.profile = profile
    self.startedAt = startedAt
  }

  /// The run has begun. When somebody asked to stop meanwhile, it is told at once.
  func began(_ run: any AgentRun) async {
    let isStopping = state.withLock { state in
      state.run = run
      return state.stop != nil
    }
    if isStopping { await run.interrupt() }
  }

  /// Asks the run to stop. The first reason stays.
  func requestStop(_ reason: Stop) async {
    let run = state.withLock { state in
      state.stop = state.stop ?? reason
      return state.run
    }
    await run?.interrupt()
  }

  var stop: Stop? { state.withLock { $0.stop } }

  /// Everything is saved and told.
  func ended() {
    let waiting = state.withLock { state in
      state.isOver = true
      state.run = nil
      state.pending = PendingRequests()
      defer { state.waiting = [:] }
      return Array(state.waiting.values)
    }
    stream.finish()
    for continuation in waiting { continuation.resume() }
  }

  /// Waits until everything is saved and told, but not for ever.
  func waitForEnd(atMost limit: Duration) async {
    let waiter = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    let timer = Task {
      try await Task.sleep(for: limit)
      state.withLock { $0.waiting.removeValue(forKey: waiter) }?.resume()
    }
    await withCheckedContinuation { continuation in
      let isOver = state.withLock { state in
        if !state.isOver { state.waiting[waiter] = continuation }
        return state.isOver
      }
      if isOver { continuation.resume() }
    }
    timer.cancel()
  }

  func add(_ request: ApprovalRequest) -> JSONObject {
    state.withLock { $0.pending.add(request) }
  }

  func add(_ question: Question, at now: Double) -> JSONObject {
    state.withLock { $0.pending.add(question, session: session.text, at: now) }
  }

  var pending: PendingRequests { state.withLock { $0.pending } }

  /// Answers an approval; without an id the oldest. False when none of that id waits.
  func answerApproval(id: String?, _ choice: ApprovalChoice) async -> Bool {
    let (run, entry) = state.withLock { state in
      (state.run, state.pending.approvals.first { id == nil || $0.id == id })
    }
    guard let run, let entry else { return false }
    state.withLock { $0.pending.removeApproval(entry.id) }
    return await run.answerApproval(id: entry.id, choice)
  }

  /// Answers a question; without an id the oldest. False when none of that id waits.
  func answerQuestion(id: String?, _ text: String) async -> Bool {
    let (run, entry) = state.withLock { state in
      (state.run, state.pending.questions.first { id == nil || $0.id == id })
    }
    guard let run, let entry else { return false }
    state.withLock { $0.pending.removeQuestion(entry.id) }
    return await run.answerQuestion(id: entry.id, text)
  }
}
