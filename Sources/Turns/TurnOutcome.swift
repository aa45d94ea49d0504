import Agents

/// How a turn came to its end.
enum TurnOutcome: Sendable {
  case finished
  case cancelled
  case failed(AgentFailure)
  case serverStops
}

/// What came of saving a turn.
enum TurnSaving: Sendable {
  /// It is in the file; the answer's first message stands at this index.
  case saved(answerIndex: Int)
  /// The conversation was deleted, or somebody else has taken it: nothing was written (invariant 26).
  case notOurs
  /// The disk did not do what it should.
  case failed

  var isSaved: Bool { if case .saved = self { true } else { false } }
}
