import Foundation

/// How many skills a profile has: folders with a `SKILL.md` under `skills/[category/]` (wire-platform 5.9). Blocks.
struct SkillCount: Equatable, Sendable {
  /// Those that are switched on.
  private(set) var enabled = 0
  /// All of them.
  private(set) var total = 0

  private static let most = 5000

  init(home: String, disabled: Set<String>) {
    for folder in Self.folders(in: home + "/skills") {
      if count(folder, disabled) { continue }
      for inner in Self.folders(in: folder) { _ = count(inner, disabled) }
    }
  }

  private mutating func count(_ folder: String, _ disabled: Set<String>) -> Bool {
    guard total < Self.most, FileVersion(of: folder + "/SKILL.md") != nil else { return false }
    total += 1
    if disabled.isEmpty || !Self.names(of: folder).contains(where: disabled.contains) { enabled += 1 }
    return true
  }

  /// A skill goes by the name in its head, and by that of its folder.
  private static func names(of folder: String) -> [String] {
    let folderName = folder.split(separator: "/").last.map(String.init) ?? ""
    let head: [UInt8]
    do {
      head = try AtomicFile.readPrefix(folder + "/SKILL.md", count: 2048)
    } catch {
      return [folderName]
    }
    let lines = String(decoding: head, as: UTF8.self).split(separator: "\n").prefix(20)
    guard lines.first?.trimmingCharacters(in: .whitespaces) == "---" else { return [folderName] }
    let quotes = CharacterSet(charactersIn: "\"' \t\r")
    let declared = lines.first { $0.hasPrefix("name:") }.map { $0.dropFirst(5).trimmingCharacters(in: quotes) }
    return [folderName] + (declared.map { [$0] } ?? [])
  }

  private static func folders(in folder: String) -> [String] {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      // No such folder, or none that may be looked into: no skills.
      return []
    }
    return names.filter { !$0.hasPrefix(".") }.prefix(most).map { "\(folder)/\($0)" }
  }
}
