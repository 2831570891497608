using Harness.Load.Wire;

namespace Harness.Tests.Load.Wire;

public sealed class BrokerAddressTests
{
    [Theory]
    [InlineData("127.0.0.1:9092", "127.0.0.1", 9092, null)]
    [InlineData("[::1]:9092", "::1", 9092, null)]
    [InlineData("ssl://127.0.0.1:9093?ca=/tmp/a b/authority.pem", "127.0.0.1", 9093, "/tmp/a b/authority.pem")]
    [InlineData("ssl://node-a.lab:9093?ca=ca.pem", "node-a.lab", 9093, "ca.pem")]
    public void Parse_EitherForm_IsRead(string text, string host, int port, string? authority)
    {
        Assert.Equal(new BrokerAddress(host, port, authority), BrokerAddress.Parse(text));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:0")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("ssl://127.0.0.1:9093")]
    [InlineData("ssl://127.0.0.1:9093?ca=")]
    [InlineData("ssl://127.0.0.1?ca=ca.pem")]
    public void Parse_AnythingElse_IsNull(string text) => Assert.Null(BrokerAddress.Parse(text));

    /// <summary>What brokers say of each other has no file in it: the others are as the one that was asked.</summary>
    [Fact]
    public void At_AnotherBroker_IsReachedInTheSameWay()
    {
        var one = BrokerAddress.Parse(BrokerAddress.Text("127.0.0.1", 1, "ca.pem"))!;

        Assert.Equal(new BrokerAddress("127.0.0.2", 2, "ca.pem"), one.At("127.0.0.2", 2));
        Assert.Equal("ssl://127.0.0.1:1", one.ToString());
    }
}
