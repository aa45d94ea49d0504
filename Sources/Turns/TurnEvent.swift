public import JSON
import Synchronization

/// Something that happened in a turn, as clients see it (wire-sessions-chat 2.2). Made once, shared by all who follow
/// the turn.
public final class TurnEvent: Sendable {
  /// The place in the turn, from 1 without gaps; nil for what is told to one client only.
  public let sequence: Int?
  /// `<stream id>:<sequence>`, which a client sends back to go on from there.
  public let id: String?
  /// The name, such as `token`.
  public let name: String
  /// The payload: JSON on one line.
  public let data: [UInt8]

  private let attachment = Mutex<(any Sendable)?>(nil)

  /// An event.
  public init(sequence: Int?, id: String?, name: String, data: [UInt8]) {
    self.sequence = sequence
    self.id = id
    self.name = name
    self.data = data
  }

  /// An event that is told to one client only.
  public convenience init(name: String, payload: JSONObject) {
    self.init(sequence: nil, id: nil, name: name, data: payload.bytes(.spaced))
  }

  /// What `make` returns, made once however many ask: an event is encoded once for all its readers.
  public func shared<Encoded: Sendable>(_ make: (TurnEvent) -> Encoded) -> Encoded {
    attachment.withLock { attachment in
      if let made = attachment as? Encoded { return made }
      let made = make(self)
      attachment = made
      return made
    }
  }
}

/// Follows a turn. Called under the turn's lock: must be quick, must not call back.
public protocol TurnFollower: Sendable {
  /// Takes an event. False when nobody listens any more.
  func take(_ event: TurnEvent) -> Bool
  /// How many bytes wait to be taken by whoever listens.
  var backlog: Int { get }
  /// Nothing follows.
  func end()
}

extension TurnFollower {
  /// Nothing waits.
  public var backlog: Int { 0 }
}
