"""What is asked of Shopify, in GraphQL (Admin API 2026-10). Held to Shopify's own schema in the tests."""

_MONEY = "{ presentmentMoney { amount currencyCode } }"
_BOUGHT = f"""
fragment Bought on Order {{
  id name email createdAt displayFinancialStatus presentmentCurrencyCode
  totalReceivedSet {_MONEY}
  totalRefundedSet {_MONEY}
  lineItems(first: 50) {{
    nodes {{ id name quantity discountedTotalSet {_MONEY} variant {{ id }} }}
  }}
}}
"""
_MADE = f"""
fragment Made on Refund {{
  id note
  transactions(first: 50) {{ nodes {{ id kind status amountSet {_MONEY} }} }}
}}
"""
_DRAFT = f"""
fragment Draft on DraftOrder {{
  id status tags totalPriceSet {_MONEY} order {{ id name cancelledAt }}
}}
"""

CHECK = "query Check { shop { name } currentAppInstallation { accessScopes { handle } } }"

ORDERS = f"""
query Orders($query: String!) {{
  orders(first: 10, sortKey: CREATED_AT, reverse: true, query: $query) {{ nodes {{ ...Bought }} }}
}}
{_BOUGHT}
"""

ORDER = f"""
query OneOrder($id: ID!) {{
  order(id: $id) {{
    ...Bought
    customer {{ id }}
    disputes {{ status }}
    shippingAddress {{ address1 address2 city company countryCodeV2 firstName lastName phone provinceCode zip }}
    refunds(first: 250) {{ ...Made }}
    suggestedRefund(suggestFullRefund: true) {{
      suggestedTransactions {{ gateway parentTransaction {{ id }} amountSet {_MONEY} maximumRefundableSet {_MONEY} }}
    }}
  }}
}}
{_BOUGHT}
{_MADE}
"""

REFUND = f"""
mutation Refund($input: RefundInput!, $key: String!) {{
  refundCreate(input: $input) @idempotent(key: $key) {{ refund {{ ...Made }} userErrors {{ field message }} }}
}}
{_MADE}
"""

DRAFTS = f"""
query Drafts($query: String!) {{ draftOrders(first: 20, query: $query) {{ nodes {{ ...Draft }} }} }}
{_DRAFT}
"""

ONE_DRAFT = f"""
query OneDraft($id: ID!) {{ draftOrder(id: $id) {{ ...Draft }} }}
{_DRAFT}
"""

DRAFT = f"""
mutation MakeDraft($input: DraftOrderInput!) {{
  draftOrderCreate(input: $input) {{ draftOrder {{ ...Draft }} userErrors {{ field message }} }}
}}
{_DRAFT}
"""

COMPLETE = f"""
mutation Complete($id: ID!) {{
  draftOrderComplete(id: $id, paymentPending: false) {{
    draftOrder {{ ...Draft }} userErrors {{ field message }}
  }}
}}
{_DRAFT}
"""

ALL = (CHECK, ORDERS, ORDER, REFUND, DRAFTS, ONE_DRAFT, DRAFT, COMPLETE)
