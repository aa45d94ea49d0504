import JSON

/// One event of a run, as it was journaled before any client saw it.
public struct JournaledEvent: Sendable, Equatable {
  /// 1, 2, 3, ... without gaps within a run.
  public let sequence: Int
  /// `<run>:<sequence>`, the `id:` of the event stream.
  public let id: String
  /// The event's name.
  public let event: String
  /// When it was journaled, in seconds since 1970.
  public let createdAt: Double
  /// The event's data, as it stands in the journal.
  public let payload: JSONFragment
}
