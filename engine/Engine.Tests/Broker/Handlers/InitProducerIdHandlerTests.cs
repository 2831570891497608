using Engine.Broker.Handlers;
using Engine.Core;
using Engine.Protocol.Messages;

namespace Engine.Tests.Broker.Handlers;

public sealed class InitProducerIdHandlerTests
{
    private readonly MemoryMetadataStore _store = MemoryMetadataStore.OfBrokers(3);

    [Fact]
    public void Handle_ManyProducersOfTwoNodes_NeverGetTheSameId()
    {
        InitProducerIdHandler one = new(_store), two = new(_store);
        var ids = Enumerable.Range(0, 2500).SelectMany(_ => new[] { Ask(one), Ask(two) }).ToList();

        Assert.All(ids, response => Assert.Equal((ErrorCode.None, (short)0), (response.Error, response.ProducerEpoch)));
        Assert.Equal(5000, ids.Select(response => response.ProducerId).Distinct().Count());
        Assert.Equal(6, _store.Appends);
    }

    [Fact]
    public void Handle_AfterARestart_StartsAboveEveryIdGiven()
    {
        var before = Ask(new InitProducerIdHandler(_store)).ProducerId;
        Assert.Equal(before + InitProducerIdHandler.BlockSize, Ask(new InitProducerIdHandler(_store)).ProducerId);
    }

    [Fact]
    public void Handle_OldIdGiven_GetsANewOne()
    {
        var handler = new InitProducerIdHandler(_store);
        var first = Ask(handler).ProducerId;
        Assert.NotEqual(first, handler.Handle(new() { ProducerId = first, ProducerEpoch = 0 }).ProducerId);
    }

    [Theory]
    [InlineData("payments", -1, -1, ErrorCode.TransactionalIdAuthorizationFailed)]
    [InlineData("", -1, -1, ErrorCode.InvalidRequest)]
    [InlineData(null, 5, -1, ErrorCode.InvalidRequest)]
    [InlineData(null, -1, 5, ErrorCode.InvalidRequest)]
    public void Handle_WhatIsNotOffered_GetsNoId(string? transactionalId, long producerId, short epoch, ErrorCode error)
    {
        var response = new InitProducerIdHandler(_store).Handle(
            new() { TransactionalId = transactionalId, ProducerId = producerId, ProducerEpoch = epoch });

        Assert.Equal((error, -1L, (short)-1), (response.Error, response.ProducerId, response.ProducerEpoch));
        Assert.Equal(0, _store.Appends);
    }

    private static InitProducerIdResponse Ask(InitProducerIdHandler handler) => handler.Handle(new());
}
