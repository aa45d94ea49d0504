import Handlers
import Pipeline

/// THE routing table: a row is a path, the chain that it goes through, the handler that it leads to, its limits.
///
/// - Parameter parts: What the handlers are made of.
/// - Throws: When files of the page are missing.
func makeRoutingTable(_ parts: Parts) throws -> RoutingTable {
  // Order, outermost first. The log sees what the error step made of an error; the fields stand on errors too.
  let open = Chain(RequestIdentity())
    .then(AccessLog(parts.logger))
    .then(RequestMetrics())
    .then(FixedFields(always: SecurityFields.always, exceptStreams: SecurityFields.exceptStreams))
    .then(ErrorResponses(parts.logger))
  // Without passwords whoever reaches the server may use it, so no other site may make itself its origin.
  let guarded =
    open
    .then(TrustedHost(names: parts.configuration.origins.allowedHosts))
    .then(SameOrigin(parts.configuration.origins))
  // From here on there is one profile, and no way to another.
  let scoped = guarded.then(
    ProfileScoping(
      cookie: parts.configuration.profileCookie, profiles: parts.profiles, turns: parts.turns,
      databases: parts.databases))

  let page = try PageShell(file: parts.pageFolder + "/index.html", version: Version.text)
  let files = try StaticFiles(folder: parts.pageFolder + "/static", libraries: PageLibraries.all, logger: parts.logger)
  let heartbeat = Keepalive.keepalive("heartbeat", every: .seconds(5))
  let keepalive = Keepalive.keepalive("keepalive", every: .seconds(5))
  let largest = 20.mebibytes

  return RoutingTable(fallback: open) {
    // The page
    Row("/", through: open, to: page)
    Row("/index.html", through: open, to: page)
    Row("/session/{id...}", through: open, to: page)
    Row("/static/{path...}", through: open, to: files)
    Row("/session/static/{path...}", through: open, to: files)

    // The server
    Row("/health", through: open, to: Health(turns: parts.turns))
    Row("/api/status", through: open, to: ServerStatus(version: Version.text, agent: parts.agent.description))
    Row("/api/auth/status", through: open, to: AuthenticationStatus())
    Row("/api/openapi.json", through: open, to: parts.description)

    // Conversations
    Row("/api/sessions", through: scoped, to: SessionIndex(settings: parts.settings, workspaces: parts.workspaces))
    Row("/api/sessions/events", through: scoped, to: SessionListEvents(), stream: keepalive)
    Row(
      "/api/session", through: scoped,
      to: SessionDetail(configurations: parts.configurations, workspaces: parts.workspaces))
    Row("/api/session/status", through: scoped, to: SessionStatus(layout: parts.configuration.layout))
    Row("/api/session/stream", through: scoped, to: SessionEvents(), stream: keepalive)
    Row(
      "/api/session/new", through: scoped,
      to: SessionNew(configurations: parts.configurations, workspaces: parts.workspaces), limits: .json(64.kibibytes))
    Row("/api/session/rename", through: scoped, to: SessionRename(), limits: .json(64.kibibytes))
    Row("/api/session/delete", through: scoped, to: SessionDelete(), limits: .json(64.kibibytes))
    Row("/api/session/pin", through: scoped, to: SessionPin(settings: parts.settings), limits: .json(64.kibibytes))
    Row("/api/session/archive", through: scoped, to: SessionArchive(), limits: .json(64.kibibytes))
    Row("/api/session/draft", through: scoped, to: SessionDraft(), limits: .json(1.mebibytes))
    Row(
      "/api/session/update", through: scoped, to: SessionUpdate(workspaces: parts.workspaces),
      limits: .json(64.kibibytes))

    // Turns
    Row("/api/chat/start", through: scoped, to: ChatStart(workspaces: parts.workspaces), limits: .json(largest))
    Row("/api/chat/stream", through: scoped, to: ChatStream(), stream: heartbeat)
    Row("/api/chat/stream/status", through: scoped, to: ChatStreamStatus())
    Row(
      "/api/chat/cancel", through: scoped, to: ChatCancel(origins: parts.configuration.origins),
      limits: .json(64.kibibytes))
    Row("/api/approval/pending", through: scoped, to: ApprovalPending())
    Row("/api/approval/respond", through: scoped, to: ApprovalRespond(), limits: .json(64.kibibytes))
    Row("/api/clarify/pending", through: scoped, to: ClarifyPending())
    Row("/api/clarify/respond", through: scoped, to: ClarifyRespond(), limits: .json(256.kibibytes))

    // What conversations belong to
    Row("/api/projects", through: scoped, to: ProjectList(projects: parts.projects))
    Row("/api/profiles", through: scoped, to: ProfileList(profiles: parts.profiles))
    Row("/api/profile/active", through: scoped, to: ActiveProfile(profiles: parts.profiles))
    Row(
      "/api/settings", through: scoped,
      to: SettingsDetail(
        settings: parts.settings, configurations: parts.configurations, version: Version.text))
    Row(
      "/api/models", through: scoped,
      to: ModelList(configurations: parts.configurations, offer: parts.agent.offer))
    Row("/api/workspaces", through: scoped, to: WorkspaceList(workspaces: parts.workspaces))
  }
}

/// The packages of the system that the page uses, where Debian puts them.
enum PageLibraries {
  static let all = [
    StaticFiles.Library("marked.esm.js", at: "/usr/share/nodejs/marked/lib/marked.esm.js"),
    StaticFiles.Library("purify.es.js", at: "/usr/share/nodejs/dompurify/dist/purify.es.js"),
    StaticFiles.Library(
      "highlight.min.js", at: "/usr/share/javascript/highlight.js/highlight.min.js",
      "/usr/share/javascript/highlight.js/highlight.js"),
  ]
}
