import JSON
public import Store
import Synchronization

/// Tells those who watch the list that it has changed (wire-sessions-chat 1.30). One profile is never told of another.
public final class ListChanges: Sendable {
  private struct State {
    var version = 0
    var followers: [Int: (profile: ProfileName, follower: any TurnFollower)] = [:]
    var nextKey = 0
  }

  private let state = Mutex(State())

  /// Nobody watches yet.
  public init() {}

  /// Tells everybody of a profile.
  ///
  /// - Parameter reason: Such as `session_rename`.
  public func announce(_ reason: String, session: SessionID?, profile: ProfileName) {
    state.withLock { state in
      state.version += 1
      var payload: JSONObject = [
        "type": "sessions_changed", "version": .int(state.version), "reason": .string(reason),
      ]
      if profile != .root { payload["profile"] = .string(profile.text) }
      if let session { payload["session_id"] = .string(session.text) }
      let event = TurnEvent(name: "sessions_changed", payload: payload)
      for (key, entry) in state.followers where entry.profile == profile && !entry.follower.take(event) {
        state.followers[key] = nil
      }
    }
  }

  /// Watches the list of a profile. Returns what ends it.
  public func follow(_ profile: ProfileName, _ follower: any TurnFollower) -> @Sendable () -> Void {
    let key = state.withLock { state in
      state.nextKey += 1
      state.followers[state.nextKey] = (profile, follower)
      return state.nextKey
    }
    return { [weak self] in self?.state.withLock { _ = $0.followers.removeValue(forKey: key) } }
  }
}
