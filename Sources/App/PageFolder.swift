import Foundation

/// Where the page's files are: beside the program, as the build puts them, or where an installation does.
enum PageFolder {
  /// - Throws: ``ConfigurationError`` that says where they were looked for.
  static func find() throws -> String {
    let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    let candidates = [
      program.appendingPathComponent("caduceus_App.resources/Page"),
      program.appendingPathComponent("../share/caduceus/Page").standardizedFileURL,
    ]
    guard let folder = candidates.first(where: { FileManager.default.fileExists(atPath: $0.path + "/index.html") })
    else {
      throw ConfigurationError(
        "The page's files are missing. Put the folder caduceus_App.resources of the build beside the program, or its Page "
          + "folder into ../share/caduceus; looked in \(candidates.map(\.path).joined(separator: " and ")).")
    }
    return folder.path
  }
}
