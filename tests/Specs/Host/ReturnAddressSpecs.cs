using BillingMonolith.Host.Access;
using BillingMonolith.Host.Checkout;
using FluentValidation;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Specs.HostRoom;

/// <summary>Buyers come back to pages of ours, whatever an address pretends to be.</summary>
public sealed class ReturnAddressSpecs
{
    [Theory]
    [InlineData("https://shop.example")]
    [InlineData("https://shop.example/")]
    [InlineData("HTTPS://SHOP.EXAMPLE/Thanks")]
    [InlineData("https://shop.example:443/thanks")]
    [InlineData("https://shop.example/thanks?session_id={CHECKOUT_SESSION_ID}")]
    [InlineData("https://shop.example/#/thanks/{CHECKOUT_SESSION_ID}")]
    [InlineData("https://shop.example?next=https://evil.example/@x")]
    [InlineData("https://shop.example/a%20b/..//c")]
    [InlineData("https://billing.example/done")]
    [InlineData("http://localhost:3000/done")]
    [InlineData("http://[::1]:3000/done")]
    public void An_address_of_an_allowed_origin_is_taken_as_it_is(string address) => Resolve(address).ShouldBe(address);

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("/thanks")]
    [InlineData("thanks")]
    [InlineData("//evil.example")]
    [InlineData("//shop.example/thanks")]
    [InlineData("/\\evil.example")]
    [InlineData("\\\\evil.example")]
    [InlineData("https:/shop.example")]
    [InlineData("https:shop.example")]
    [InlineData("https:///shop.example")]
    [InlineData("https://")]
    [InlineData("https:\\\\shop.example")]
    [InlineData("https://shop.example\\@evil.example")]
    [InlineData("https://evil.example\\.shop.example")]
    [InlineData("https://evil.example")]
    [InlineData("https://evil.example/https://shop.example")]
    [InlineData("https://evil.example?https://shop.example")]
    [InlineData("https://evil.example#https://shop.example")]
    [InlineData("https://shop.example.evil.example")]
    [InlineData("https://shop.example.")]
    [InlineData("https://evilshop.example")]
    [InlineData("https://www.shop.example")]
    [InlineData("https://shop.example@evil.example")]
    [InlineData("https://shop.example:443@evil.example")]
    [InlineData("https://user:secret@shop.example")]
    [InlineData("https://user@shop.example")]
    [InlineData("https://@shop.example")]
    [InlineData("https://shop.example%2eevil.example")]
    [InlineData("https://shop.example%40evil.example")]
    [InlineData("https://shop.example:8443")]
    [InlineData("https://shop.example:80")]
    [InlineData("https://shop.example:99999")]
    [InlineData("https://shop.example:x")]
    [InlineData("http://shop.example")]
    [InlineData("http://shop.example:443")]
    [InlineData("https://localhost:3000")]
    [InlineData("http://localhost")]
    [InlineData("http://localhost:3001")]
    [InlineData("http://127.0.0.1:3000")]
    [InlineData("ftp://shop.example")]
    [InlineData("ws://shop.example")]
    [InlineData("javascript:alert(1)")]
    [InlineData("JAVASCRIPT:alert(1)")]
    [InlineData("javascript://shop.example/%0aalert(1)")]
    [InlineData("data:text/html,x")]
    [InlineData("vbscript:x")]
    [InlineData("blob:https://shop.example/x")]
    [InlineData("file:///etc/passwd")]
    [InlineData("view-source:https://shop.example")]
    [InlineData(" https://shop.example")]
    [InlineData("https://shop.example ")]
    [InlineData("https://shop.example/a b")]
    [InlineData("https://shop.example/\t")]
    [InlineData("https://shop.example/\r\nSet-Cookie: x=y")]
    [InlineData("https://shop.example/\0")]
    [InlineData("https://shop.example/\u007f")]
    [InlineData("java\nscript:alert(1)")]
    [InlineData("https://sh\u043ep.example")] // a Cyrillic o
    [InlineData("https://shop.example\u3002evil.example")] // an ideographic full stop, which browsers take for a dot
    [InlineData("https://shop\uff0eexample")]
    [InlineData("https://shop.example/\u202etxt")]
    [InlineData("https://shop.example/{SESSION}")]
    [InlineData("https://shop.example/{CHECKOUT_SESSION_ID")]
    [InlineData("https://{CHECKOUT_SESSION_ID}/")]
    [InlineData("https://shop{CHECKOUT_SESSION_ID}.example/")]
    [InlineData("https://shop.example:{CHECKOUT_SESSION_ID}/")]
    [InlineData("https://[::1/")]
    [InlineData("https://[shop.example]/")]
    public void Whatever_leads_elsewhere_or_could_be_read_differently_is_refused(string address) => Refused(address);

    [Fact]
    public void An_address_has_at_most_2000_characters()
    {
        var longest = "https://shop.example/".PadRight(2000, 'a');
        Resolve(longest).ShouldBe(longest);
        Refused(longest + "a");
    }

    [Fact]
    public void Without_one_the_buyer_comes_back_to_our_own_pages_if_there_are_any()
    {
        Resolve(null).ShouldBe("https://billing.example/credits/return?session_id={CHECKOUT_SESSION_ID}");
        Addresses("https://billing.example/").Cancel(null).ShouldBe("https://billing.example/credits");
        Should.Throw<ValidationException>(() => Addresses(origin: null).Success(null)).Errors.Single().PropertyName.ShouldBe("success_url");
        Addresses(origin: null).Cancel("https://shop.example/x").ShouldBe("https://shop.example/x");
        Should.Throw<ValidationException>(() => Addresses(origin: null).Cancel("https://billing.example/x")).Errors.Single().PropertyName.ShouldBe("cancel_url");
    }

    [Theory]
    [InlineData("https://shop.example", true)]
    [InlineData("https://shop.example:8443/", true)]
    [InlineData("http://localhost:3000", true)]
    [InlineData("http://shop.example", false)]
    [InlineData("https://shop.example/path", false)]
    [InlineData("https://user@shop.example", false)]
    [InlineData("shop.example", false)]
    [InlineData("*", false)]
    [InlineData("", false)]
    public void An_origin_is_configured_as_an_origin(string origin, bool isOne)
    {
        var result = new ShopOptionsValidator().Validate(new ShopOptions { ReturnOrigins = [origin] });
        result.IsValid.ShouldBe(isOne);
        if (!isOne) result.Errors.Single().ErrorMessage.ShouldContain("Credits__ReturnOrigins__0");
    }

    private static string Resolve(string? address) => Addresses("https://billing.example").Success(address);

    private static void Refused(string address) =>
        Should.Throw<ValidationException>(() => Resolve(address)).Errors.ShouldHaveSingleItem().PropertyName.ShouldBe("success_url");

    private static ReturnAddresses Addresses(string? origin) => new(
        new Fixed<ShopOptions>(new ShopOptions { ReturnOrigins = ["https://shop.example", "http://localhost:3000/", "http://[::1]:3000"] }),
        Options.Create(new AccessOptions { PublicOrigin = origin }));

    private sealed class Fixed<T>(T value) : IOptionsSnapshot<T> where T : class
    {
        public T Value => value;
        public T Get(string? name) => value;
    }
}
