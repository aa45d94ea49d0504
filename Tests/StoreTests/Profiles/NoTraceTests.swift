import Foundation
import JSON
import Testing

@testable import Store

@Suite("Reading leaves no trace")
struct NoTraceTests {
  @Test("No read changes a byte, a time or a name in the state directory (in the spirit of invariant 19)")
  func allReads() async throws {
    let world = try GoldenWorld()
    let before = try world.folder.snapshot()
    let databases = AgentDatabases(layout: world.layout, disk: world.disk, logger: world.log.logger)
    for profile in [ProfileName.root, try world.work, try world.named("gone")] {
      _ = await world.profiles.rows(active: profile)
      _ = await world.profiles.activeObject(profile)
      _ = await world.profiles.exists(profile)
      _ = await world.settings.object()
      _ = try await world.settings.passwordIsConfigured()
      _ = try await world.projects.list(profile: profile, allProfiles: false)
      _ = await world.workspaces.object(profile: profile)
      _ = try? await world.workspaces.validate("/etc", profile: profile)  // It is refused; only the trace matters.
      _ = await world.configurations.configuration(of: profile)
      for row in await databases[profile].sessionRows() { _ = await databases[profile].transcript(of: row.id) }
    }
    #expect(try world.folder.snapshot() == before)
  }

  @Test("Each profile has a database of its own")
  func databases() async throws {
    let world = try GoldenWorld()
    let databases = AgentDatabases(layout: world.layout, disk: world.disk, logger: world.log.logger)
    #expect(await databases[.root].sessionRows().count == 11)
    let work = await databases[try world.work].sessionRows()
    #expect(work.map(\.id.text) == ["5bd0eac6a1fd"])
    #expect(work.first?.profile == (try world.work))
    #expect(databases[.root] === databases[.root])
  }
}
