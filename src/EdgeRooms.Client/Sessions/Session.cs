using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

using Microsoft.Extensions.Logging;

namespace EdgeRooms.Client.Sessions;

/// <summary>
/// Who we are to the server, and the commands of each room that have no answer; kept in the store where there is one. Owned by the gate. Once the store has failed,
/// numbers could be drawn that it knows nothing of: it is then made to forget the session, and asked nothing more.
/// </summary>
sealed class Session
{
    readonly string _key;
    readonly ILogger _logger;
    ISessionStore? _store;

    public Session(string key, ISessionStore? store, ILogger logger)
    {
        (_key, _store, _logger) = (key, store, logger);
        var kept = Read(key, StoredJson.Default.StoredSession);
        (Id, User) = (kept?.Id, kept?.User);
    }

    public string? Id { get; private set; }

    public string? User { get; private set; }

    /// <summary>What a welcome says.</summary>
    public Adoption Adopt(string? id, string? user)
    {
        var (oldId, oldUser) = (Id, User);
        (Id, User) = (id, user);
        Write(_key, new StoredSession(id, user), StoredJson.Default.StoredSession);
        return oldUser is not null && oldUser != user ? Adoption.OtherUser
            : oldId is null || oldId == id ? Adoption.Same
            : Adoption.New;
    }

    public void Forget()
    {
        Id = null;
        Write(_key, new StoredSession(null, User), StoredJson.Default.StoredSession);
    }

    /// <summary>What an earlier process left for a room. Its numbers mean something in its own session only; another user's words are not ours to send.</summary>
    /// <param name="isLost">What was left cannot be read, so that numbers of the session may stand for commands already: it cannot go on.</param>
    public StoredCommands? CommandsOf(string room, out bool isLost)
    {
        bool hadStore = _store is not null;
        var kept = Read($"{_key}:{room}", StoredJson.Default.StoredCommands);
        isLost = hadStore && _store is null;
        return kept is { User: { } user } && user != User ? null : kept;
    }

    public void Save(string room, Func<StoredCommands> read)
    {
        if (_store is not null)
        {
            Write($"{_key}:{room}", read() with { Session = Id, User = User }, StoredJson.Default.StoredCommands);
        }
    }

    T? Read<T>(string key, JsonTypeInfo<T> type)
        where T : class
    {
        string? text = null;
        Ask(store => text = store.Get(key));
        try
        {
            return text is null ? null : JsonSerializer.Deserialize(text, type);
        }
        catch (JsonException e)
        {
            Fail(e);
            return null;
        }
    }

    void Write<T>(string key, T value, JsonTypeInfo<T> type) =>
        Ask(store => store.Set(key, JsonSerializer.Serialize(value, type)));

    void Ask(Action<ISessionStore> ask)
    {
        try
        {
            if (_store is not null)
            {
                ask(_store);
            }
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    void Fail(Exception error)
    {
        _logger.StoreFailed(error);
        var store = _store;
        _store = null;
        try
        {
            store?.Remove(_key);
        }
        catch (Exception e)
        {
            _logger.StoreFailed(e);
        }
    }
}
