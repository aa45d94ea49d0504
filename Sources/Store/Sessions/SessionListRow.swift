/// What the list is made of: conversations with a file of ours, and conversations that only the agent's database has.
///
/// Both may be given for one id: then the file counts, and the agent's row tells where the conversation came from.
public enum SessionListRow: Sendable {
  /// A conversation with a file.
  case session(SessionSummary)
  /// A row of the agent's database.
  indirect case agent(AgentSessionRow)
}
