import Foundation
import JSON
import Synchronization

extension Profiles {
  private static let mostProfiles = 1000

  /// The rows of `GET /api/profiles`: root, then the named profiles in order of their names (wire-platform 1.7).
  ///
  /// `gateway_running` is always false: nothing in the files says it truthfully.
  ///
  /// - Parameter active: The profile of the request; its row has `is_active`.
  public func rows(active: ProfileName) async -> [JSONObject] {
    let rows = await disk.value { self.freshRows() }
    return rows.map { row in
      var row = row
      let name = row["name"]?.string ?? ""
      row["is_active"] = .bool(name == active.text || (isRoot(name) && isRoot(active.text)))
      return row
    }
  }

  /// Every profile: root, then the named ones in order of their names.
  public func names() async -> [ProfileName] {
    await disk.value { [.root] + self.namedProfiles() }
  }

  private func freshRows() -> [JSONObject] {
    let now = ContinuousClock.now
    if let cached = cachedRows.withLock({ $0 }), now - cached.time < freshness { return cached.rows }
    let rows = [row(of: .root)] + namedProfiles().map(row)
    cachedRows.withLock { $0 = CachedRows(time: now, rows: rows) }
    return rows
  }

  /// Folders whose name is one of a profile; anything else in there is no profile (invariant 57).
  private func namedProfiles() -> [ProfileName] {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: layout.profilesDirectory)
    } catch {
      // There is no such folder before the first named profile is made.
      return []
    }
    return names.sorted().compactMap(ProfileName.init).filter { $0 != .root && Self.isFolder(layout.home(of: $0)) }
      .prefix(Self.mostProfiles).map { $0 }
  }

  private func row(of profile: ProfileName) -> JSONObject {
    let home = layout.home(of: profile)
    // Its own file, also when one configuration is set for all: the row says what the profile itself is set to.
    let configuration = configurations.read(home + "/config.yaml")
    let skills = SkillCount(home: home, disabled: configuration.disabledSkills)
    var isVisible = true
    do {
      isVisible = try ProfileDescription.read(home + "/profile.yaml", warn: warn).isVisible
    } catch {
      warn(about: home, "The profile description of \(profile) cannot be read: \(error)")
    }
    return [
      "name": .string(profile.text),
      "path": .string(home),
      "is_default": .bool(profile == .root),
      "is_active": false,
      "gateway_running": false,
      "model": .optional(configuration.model.defaultModel),
      "provider": .optional(configuration.model.provider),
      "has_env": .bool(FileVersion(of: home + "/.env") != nil),
      "visible": .bool(isVisible),
      "skill_count": .int(skills.enabled),
      "enabled_skills": .int(skills.enabled),
      "total_skills": .int(skills.total),
    ]
  }
}
