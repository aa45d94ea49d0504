import Synchronization

/// Which names mean the base home (domain 3.13): `default`, and what else the profile lister reports.
///
/// The lister is asked once between two invalidations, outside the lock. An answer that was asked for before an
/// invalidation is not kept after it (invariant 52).
final class RootNames: Sendable {
  private struct Memo {
    var names: Set<String>?
    var generation = 0
  }

  private let memo = Mutex(Memo())
  private let lister: @Sendable () throws -> Set<String>

  /// - Parameter lister: Gives the display names of the root profile; when it throws, it is asked again the next time.
  init(lister: @escaping @Sendable () throws -> Set<String>) {
    self.lister = lister
  }

  /// Whether a name means the base home. An empty one does not: what empty means, the caller decides.
  func contains(_ name: String) -> Bool {
    if name.isEmpty { return false }
    if name == ProfileName.root.text { return true }
    return load()?.contains(name) ?? false
  }

  /// Forgets what the lister said.
  func invalidate() {
    memo.withLock { memo in
      memo.names = nil
      memo.generation += 1
    }
  }

  /// The names, from the lister when they are not known yet; nil when it fails.
  @discardableResult
  func load() -> Set<String>? {
    let (known, generation) = memo.withLock { ($0.names, $0.generation) }
    if let known { return known }
    let names: Set<String>
    do {
      names = try lister()
    } catch {
      return nil
    }
    memo.withLock { memo in
      if memo.generation == generation { memo.names = names }
    }
    return names
  }
}
