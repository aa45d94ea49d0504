public import Pipeline
public import Store
public import Turns

/// What a handler behind profile scoping gets: the conversations and turns of the request's profile, and nothing else
/// of the store (architecture, idea 2).
public struct ProfileContext: Sendable {
  /// The profile of the request.
  public var profile: ProfileName { sessions.profile }
  /// Its conversations and turns.
  public let sessions: ProfileSessions
  /// What every context has.
  public let base: BaseContext
}
