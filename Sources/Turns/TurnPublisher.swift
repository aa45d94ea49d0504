import JSON
import Logging
import Store

/// Tells what happens in a turn: first the journal, then those who follow (architecture, idea 7). Used by one task.
struct TurnPublisher {
  private let turn: LiveTurn
  private let journal: RunJournal?
  private let services: TurnServices
  private var lastSequence = 0
  /// Whether something could not be journaled.
  private(set) var isBroken = false

  init(turn: LiveTurn, journal: RunJournal?, services: TurnServices) {
    self.turn = turn
    self.journal = journal
    self.services = services
    isBroken = journal == nil
  }

  mutating func publish(_ name: String, _ payload: JSONObject) async {
    var sequence = lastSequence + 1
    do {
      if let journal {
        sequence = try await services.disk.run { try journal.append(event: name, payload: payload) }
      }
    } catch {
      // The turn goes on: what it says is still told and, at its end, saved.
      if !isBroken {
        services.logger.error("journal of a run cannot be written", metadata: ["error": "\(error)"])
      }
      isBroken = true
    }
    lastSequence = max(sequence, lastSequence + 1)
    turn.stream.publish(
      TurnEvent(
        sequence: lastSequence, id: "\(turn.id):\(lastSequence)", name: name, data: payload.bytes(.spaced)))
  }
}
